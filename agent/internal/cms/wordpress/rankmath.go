package wordpress

import (
	"regexp"
	"slices"
	"strings"

	"github.com/baileybridge/bailey/agent/internal/php"
	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// rankMath is the prefix of the custom fields of the plugin Rank Math.
const rankMath = "rank_math_"

// rankMathKeys are those of Rank Math for what Yoast calls otherwise.
var rankMathKeys = map[string]string{"metadesc": "description", "canonical": "canonical_url", "opengraph-title": "facebook_title", "opengraph-description": "facebook_description",
	"twitter-title": "twitter_title", "twitter-description": "twitter_description", "title": "title"}

// rankMathVariable is a place in a text that Rank Math fills in when it shows it. (its class Replace_Variables)
var rankMathVariable = regexp.MustCompile(`%[a-z_]+(\([^)]*\))?%`)

// readRankMath fills in what Yoast leaves open. The custom fields stay as well, for a target that has Rank Math; texts with variables, which
// no other program fills in, are there alone.
func readRankMath(m metaRows, s *recordv1.Seo) {
	for _, t := range yoastTexts {
		key, known := rankMathKeys[t.key]
		if v := t.field(s); known && *v == "" && !rankMathVariable.MatchString(m.get(rankMath+key)) {
			*v = m.get(rankMath + key)
		}
	}
	if s.FocusKeyword == "" {
		// The first is the one that counts; the others are synonyms.
		first, _, _ := strings.Cut(m.get(rankMath+"focus_keyword"), ",")
		s.FocusKeyword = strings.TrimSpace(first)
	}
	robots := rankMathRobots(m.get(rankMath + "robots"))
	s.Noindex = s.Noindex || m.get(yoastNoindex) == "" && slices.Contains(robots, "noindex")
	s.Nofollow = s.Nofollow || slices.Contains(robots, "nofollow")
}

// rankMathRobots are the words of a serialized list, as "noindex".
func rankMathRobots(serialized string) []string {
	v, err := php.Unserialize([]byte(serialized))
	if err != nil {
		return nil
	}
	var all []string
	for _, p := range v.GetArray().GetPairs() {
		all = append(all, p.GetValue().GetText())
	}
	return all
}
