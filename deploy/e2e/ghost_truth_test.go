//go:build accept

package e2e

import (
	"path/filepath"
	"testing"
)

// ghPost is a post or page as Ghost's Admin API gives it.
type ghPost struct {
	ID              string  `json:"id"`
	Title           string  `json:"title"`
	Slug            string  `json:"slug"`
	HTML            string  `json:"html"`
	Status          string  `json:"status"`
	Visibility      string  `json:"visibility"`
	Featured        bool    `json:"featured"`
	FeatureImage    string  `json:"feature_image"`
	FeatureImageAlt string  `json:"feature_image_alt"`
	PublishedAt     string  `json:"published_at"`
	CreatedAt       string  `json:"created_at"`
	UpdatedAt       string  `json:"updated_at"`
	CustomExcerpt   string  `json:"custom_excerpt"`
	MetaTitle       string  `json:"meta_title"`
	MetaDescription string  `json:"meta_description"`
	OGTitle         string  `json:"og_title"`
	Canonical       string  `json:"canonical_url"`
	CodeHead        string  `json:"codeinjection_head"`
	CodeFoot        string  `json:"codeinjection_foot"`
	Tags            []ghTag `json:"tags"`
	Authors         []struct {
		Email string `json:"email"`
	} `json:"authors"`
}

type ghTag struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Slug        string `json:"slug"`
	Description string `json:"description"`
	Visibility  string `json:"visibility"`
	AccentColor string `json:"accent_color"`
}

type ghUser struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Slug    string `json:"slug"`
	Email   string `json:"email"`
	Bio     string `json:"bio"`
	Website string `json:"website"`
	Created string `json:"created_at"`
	Status  string `json:"status"`
	Note    string `json:"note"`
	Roles   []struct {
		Name string `json:"name"`
	} `json:"roles"`
}

type ghSetting struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

type ghTruth struct {
	posts, pages   []*ghPost
	tags           []*ghTag
	users, members []*ghUser
	settings       []ghSetting
}

func ghostTruth(t *testing.T) *ghTruth {
	t.Helper()
	g := &ghTruth{}
	for name, to := range map[string]any{"posts": &g.posts, "pages": &g.pages, "tags": &g.tags, "users": &g.users, "members": &g.members, "settings": &g.settings} {
		readTruth(t, filepath.Join("ghost", "truth", name+".json"), to)
	}
	return g
}
