package migration

import "fmt"

// MaxListed is the most rejected records, differences and losses that a report lists; all are counted.
const MaxListed = 20000

// Recompute checks a report against itself: the outcomes of a finished run sum up, the root follows from the roots of the
// kinds, and the lists are as long as the counts say. Nil: nothing contradicts.
func (rep *Report) Recompute() *Problem {
	if rep.Status == Done {
		if p := rep.Reconcile(); p != nil {
			return p
		}
	}
	for _, check := range []func() string{rep.rootsFollow, rep.rejectedAreListed, rep.differencesAreListed} {
		if cause := check(); cause != "" {
			return &Problem{Code: "report_contradicts", Cause: cause, Fix: "Do not rely on this report. Make a new one with: bailey verify " + rep.Migration}
		}
	}
	return nil
}

func (rep *Report) rootsFollow() string {
	if len(rep.Roots) != len(rep.Kinds) {
		return fmt.Sprintf("there are %d kinds but %d roots", len(rep.Kinds), len(rep.Roots))
	}
	for _, k := range rep.Kinds {
		if rep.Roots[k.Kind] == "" {
			return fmt.Sprintf("there is no root of kind %q", k.Kind)
		}
	}
	root, err := RootOf(rep.Roots)
	if err != nil {
		return err.Error()
	}
	if root.String() != rep.Root {
		return fmt.Sprintf("the root over the kinds is %s, but the report says %s", root, rep.Root)
	}
	return ""
}

func (rep *Report) rejectedAreListed() string {
	listed := map[string]uint64{}
	for _, r := range rep.Rejected {
		listed[r.Kind]++
	}
	return rep.listed("rejected", len(rep.Rejected), listed, func(k KindReport) uint64 { return k.Rejected })
}

func (rep *Report) differencesAreListed() string {
	listed, seen := map[string]uint64{}, map[[2]string]bool{}
	for _, d := range rep.Differences {
		if key := [2]string{d.Kind, d.SourceID}; !seen[key] {
			seen[key] = true
			listed[d.Kind]++
		}
	}
	return rep.listed("different", len(rep.Differences), listed, func(k KindReport) uint64 { return k.Different })
}

// listed compares a list with the counts, unless the list was cut.
func (rep *Report) listed(word string, length int, listed map[string]uint64, count func(KindReport) uint64) string {
	if length >= MaxListed {
		return ""
	}
	for _, k := range rep.Kinds {
		if listed[k.Kind] != count(k) {
			return fmt.Sprintf("of kind %s %d records are counted as %s but %d are listed", k.Kind, count(k), word, listed[k.Kind])
		}
	}
	return ""
}
