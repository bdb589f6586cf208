package transform

// lexNode is any node of a lexical tree; cards have fields of their own.
type lexNode struct {
	// read are the fields of a node of the source, made those of one that is being built: few, which a map would take longer to find.
	read map[string]any
	made *[]lexField
}

type lexField struct {
	key   string
	value any
}

// newNode is a node of its own; fields in the order of their keys spare sorting them.
func newNode(fields ...lexField) lexNode { return lexNode{made: &fields} }

func (n lexNode) get(key string) any {
	if n.made == nil {
		return n.read[key]
	}
	for i := range *n.made {
		if f := &(*n.made)[i]; f.key == key {
			return f.value
		}
	}
	return nil
}

// set changes or adds a field of a node that is being built.
func (n lexNode) set(key string, value any) {
	for i := range *n.made {
		if f := &(*n.made)[i]; f.key == key {
			f.value = value
			return
		}
	}
	*n.made = append(*n.made, lexField{key, value})
}

func (n lexNode) isNone() bool { return n.made == nil && n.read == nil }

func (n lexNode) str(key string) string {
	s, _ := n.get(key).(string)
	return s
}

func (n lexNode) num(key string) int {
	switch v := n.get(key).(type) {
	case float64:
		return int(v)
	case int:
		return v
	}
	return 0
}

func (n lexNode) yes(key string) bool {
	b, _ := n.get(key).(bool)
	return b
}

func (n lexNode) sub(key string) lexNode {
	switch m := n.get(key).(type) {
	case map[string]any:
		return lexNode{read: m}
	case lexNode:
		return m
	}
	return lexNode{}
}

func (n lexNode) list(key string) (all []lexNode) {
	if nodes, ok := n.get(key).([]lexNode); ok {
		return nodes
	}
	items, _ := n.get(key).([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, lexNode{read: m})
		}
	}
	return all
}
