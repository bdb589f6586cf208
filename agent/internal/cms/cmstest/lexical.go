package cmstest

import (
	"encoding/json"
	"strings"

	recordv1 "github.com/baileybridge/bailey/proto/bailey/record/v1"
)

// lexical writes paragraphs as an editor that keeps Lexical would; tags in them are kept as an HTML card.
func lexical(paragraphs []string) *recordv1.Body {
	var children []any
	for _, p := range paragraphs {
		if strings.Contains(p, "<") {
			children = append(children, map[string]any{"type": "html", "version": 1, "html": "<p>" + p + "</p>"})
			continue
		}
		text := map[string]any{"detail": 0, "format": 0, "mode": "normal", "style": "", "text": p, "type": "extended-text", "version": 1}
		children = append(children, map[string]any{"children": []any{text}, "direction": "ltr", "format": "", "indent": 0, "type": "paragraph", "version": 1})
	}
	doc, err := json.Marshal(map[string]any{"root": map[string]any{"children": children, "direction": "ltr", "format": "", "indent": 0, "type": "root", "version": 1}})
	if err != nil {
		panic(err) // Strings and numbers always encode.
	}
	return &recordv1.Body{Markup: "lexical", Text: string(doc), Html: "<p>" + strings.Join(paragraphs, "</p><p>") + "</p>"}
}
