package transform

import "strings"

// Action says what becomes of a construct that cannot be lifted.
type Action string

// Actions. Without one a construct goes as it always went: its tags go, the text between a pair of them stays.
const (
	// ActionKeepText leaves the text that stands in the construct, without its tags.
	ActionKeepText Action = "keep_text"
	// ActionKeepRaw leaves the construct as it stood in the source, shown to visitors as text.
	ActionKeepRaw Action = "keep_raw"
	// ActionDrop leaves nothing.
	ActionDrop Action = "drop"
	// ActionTemplate puts Policy.Template in its place.
	ActionTemplate Action = "template"
	// ActionRendered puts in its place what the source's own page shows there; without a page it goes as without a policy.
	ActionRendered Action = "rendered"
)

// Actions lists them as the mapping file names them.
var Actions = []Action{ActionKeepText, ActionKeepRaw, ActionDrop, ActionTemplate, ActionRendered}

// Name is the loss as it is counted and reported: its code, and behind "=" what a policy made of it.
func (l *Loss) Name() string {
	if l.Action == "" {
		return l.Code
	}
	return l.Code + "=" + string(l.Action)
}

// Policy is the owner's word on one construct.
type Policy struct {
	// Tag is the code of the loss that the construct is counted as: "shortcode:NAME" (WordPress, Hugo), "block:NAME" (WordPress),
	// "card:NAME" (Ghost), "joomla:NAME", "drupal:NAME", "drupal:token:NAME", "modx:KIND:NAME" with the kinds snippet, chunk,
	// placeholder, setting, field and lexicon, "liquid:NAME".
	Tag    string
	Action Action
	// Template is HTML for ActionTemplate. {{NAME}} stands for an attribute of the construct, {{content}} for what stands between its
	// tags, {{tag}} for its name; attributes are escaped, what is not there is empty.
	Template string
}

// policy is the word on a tag: its own, else that of the nearest group ("modx:snippet:*", "modx:*"), else that of "*".
func (c *Context) policy(tag string) (Policy, bool) {
	p, ok := c.Policies[tag]
	for !ok && tag != "" && len(c.Policies) > 0 {
		tag = tag[:max(strings.LastIndexByte(tag, ':'), 0)]
		p, ok = c.Policies[strings.TrimPrefix(tag+":*", ":")]
	}
	return p, ok
}

// action is what becomes of constructs of a tag.
func (c *Context) action(tag string) Action {
	p, _ := c.policy(tag)
	return p.Action
}
