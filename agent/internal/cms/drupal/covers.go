package drupal

import (
	"context"
	"slices"
	"strconv"
)

// cover finds which of the files seen are shown by a media entity, whose record then stands for both.
func (r *reader) cover(ctx context.Context, v *values) error {
	if len(r.s.schema.sources) == 0 {
		return nil
	}
	var ids []string
	for name, rows := range v.rows {
		for _, list := range rows {
			for _, row := range list {
				for _, col := range []string{name + "_target_id", name + "_fid"} {
					if id := row.text(col); id != "" {
						ids = append(ids, id)
					}
				}
			}
		}
	}
	var err error
	v.covers, err = r.coveredBy(ctx, ids)
	return err
}

// coveredBy maps files to the first media that shows them.
func (r *reader) coveredBy(ctx context.Context, ids []string) (map[string]string, error) {
	covers := map[string]string{}
	var nums []int64
	for _, id := range ids {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			nums = append(nums, n)
		}
	}
	slices.Sort(nums)
	nums = slices.Compact(nums)
	for _, f := range r.s.schema.sources {
		for part := range slices.Chunk(nums, pageRows) {
			col := f.name + "_target_id"
			rows, err := queryIn(ctx, r.s, r.q, part, "SELECT "+col+" AS fid, MIN(entity_id) AS mid FROM {"+f.table+"} WHERE deleted = 0 AND "+col+" IN ", " GROUP BY "+col)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				if have := covers[row.text("fid")]; have == "" || len(row.text("mid")) < len(have) {
					covers[row.text("fid")] = row.text("mid")
				}
			}
		}
	}
	return covers, nil
}
