package transform

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// cards writes each card as HTML. Source: kg-default-nodes of Ghost 5; interactive parts are left to the theme.
var cards = map[string]func(r *lexRender, n lexNode) string{
	"image":          func(_ *lexRender, n lexNode) string { return imageCard(n) },
	"gallery":        func(_ *lexRender, n lexNode) string { return galleryCard(n) },
	"html":           func(_ *lexRender, n lexNode) string { return htmlCard(n.str("html")) },
	"markdown":       func(_ *lexRender, n lexNode) string { return renderMarkdown(n.str("markdown")) },
	"codeblock":      func(_ *lexRender, n lexNode) string { return codeCard(n) },
	"horizontalrule": func(*lexRender, lexNode) string { return "<hr>" },
	"bookmark":       func(_ *lexRender, n lexNode) string { return bookmarkCard(n) },
	"embed":          func(_ *lexRender, n lexNode) string { return embedCard(n) },
	"callout":        func(_ *lexRender, n lexNode) string { return calloutCard(n) },
	"toggle":         func(_ *lexRender, n lexNode) string { return toggleCard(n) },
	"button":         func(_ *lexRender, n lexNode) string { return buttonCard(n) },
	"call-to-action": func(_ *lexRender, n lexNode) string { return ctaCard(n) },
	"paywall":        func(*lexRender, lexNode) string { return paywallMark },
	"video":          func(_ *lexRender, n lexNode) string { return playerCard("video", n) },
	"audio":          func(_ *lexRender, n lexNode) string { return playerCard("audio", n) },
	"file":           func(_ *lexRender, n lexNode) string { return fileCard(n) },
	"header":         func(_ *lexRender, n lexNode) string { return headerCard(n) },
	"product":        func(_ *lexRender, n lexNode) string { return productCard(n) },
	"signup":         func(r *lexRender, n lexNode) string { return r.foreign("signup", n, headerCard(n)) },
	// Mails only: never part of the page.
	"email":     func(r *lexRender, n lexNode) string { return r.foreign("email", n, "") },
	"email-cta": func(r *lexRender, n lexNode) string { return r.foreign("email-cta", n, "") },
}

const (
	paywallMark   = "<!--members-only-->"
	htmlCardBegin = "<!--kg-card-begin: html-->"
	htmlCardEnd   = "<!--kg-card-end: html-->"

	markdownCardBegin = "<!--kg-card-begin: markdown-->"
	markdownCardEnd   = "<!--kg-card-end: markdown-->"
)

func figure(class, inner, caption string) string {
	if caption == "" {
		return `<figure class="kg-card ` + class + `">` + inner + "</figure>"
	}
	return `<figure class="kg-card ` + class + ` kg-card-hascaption">` + inner + "<figcaption>" + caption + "</figcaption></figure>"
}

func htmlCard(s string) string {
	return "\n" + htmlCardBegin + "\n" + s + "\n" + htmlCardEnd + "\n"
}

func attrIf(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + `="` + escapeAttr(value) + `"`
}

func sizeAttrs(n lexNode) string {
	s := ""
	for _, name := range []string{"width", "height"} {
		if v := n.num(name); v > 0 {
			s += " " + name + `="` + itoa(v) + `"`
		}
	}
	return s
}

func imageCard(n lexNode) string {
	if n.str("src") == "" {
		return ""
	}
	class := "kg-image-card"
	if w := n.str("cardWidth"); w == "wide" || w == "full" {
		class += " kg-width-" + w
	}
	img := `<img src="` + escapeAttr(n.str("src")) + `" class="kg-image" alt="` + escapeAttr(n.str("alt")) + `" loading="lazy"` +
		attrIf("title", n.str("title")) + sizeAttrs(n) + ">"
	if href := n.str("href"); href != "" {
		img = `<a href="` + escapeAttr(href) + `">` + img + "</a>"
	}
	return figure(class, img, n.str("caption"))
}

// galleryRow is how many pictures stand beside each other.
const galleryRow = 3

func galleryCard(n lexNode) string {
	images := n.list("images")
	if len(images) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<div class="kg-gallery-container">`)
	for i, img := range images {
		if i%galleryRow == 0 {
			b.WriteString(`<div class="kg-gallery-row">`)
		}
		b.WriteString(`<div class="kg-gallery-image"><img src="` + escapeAttr(img.str("src")) + `"` + sizeAttrs(img) + ` loading="lazy" alt="` +
			escapeAttr(img.str("alt")) + `"` + attrIf("title", img.str("title")) + "></div>")
		if i%galleryRow == galleryRow-1 || i == len(images)-1 {
			b.WriteString("</div>")
		}
	}
	b.WriteString("</div>")
	return figure("kg-gallery-card kg-width-wide", b.String(), n.str("caption"))
}

func codeCard(n lexNode) string {
	class := ""
	if lang := n.str("language"); lang != "" {
		class = ` class="language-` + escapeAttr(lang) + `"`
	}
	pre := "<pre><code" + class + ">" + escapeHTML(n.str("code")) + "</code></pre>"
	if c := n.str("caption"); c != "" {
		return figure("kg-code-card", pre, c)
	}
	return pre
}

func bookmarkCard(n lexNode) string {
	meta := n.sub("metadata")
	get := func(key string) string { return cmpOr(meta.str(key), n.str(key)) }
	part := func(class, text string) string {
		if text == "" {
			return ""
		}
		return `<div class="` + class + `">` + escapeHTML(text) + "</div>"
	}
	details := ""
	if icon := get("icon"); icon != "" {
		details += `<img class="kg-bookmark-icon" src="` + escapeAttr(icon) + `" alt="">`
	}
	for _, key := range []string{"publisher", "author"} {
		if v := get(key); v != "" {
			details += `<span class="kg-bookmark-` + key + `">` + escapeHTML(v) + "</span>"
		}
	}
	thumbnail := ""
	if v := get("thumbnail"); v != "" {
		thumbnail = `<div class="kg-bookmark-thumbnail"><img src="` + escapeAttr(v) + `" alt=""></div>`
	}
	return figure("kg-bookmark-card", `<a class="kg-bookmark-container" href="`+escapeAttr(n.str("url"))+`"><div class="kg-bookmark-content">`+
		part("kg-bookmark-title", cmpOr(get("title"), n.str("url")))+part("kg-bookmark-description", get("description"))+
		`<div class="kg-bookmark-metadata">`+details+"</div></div>"+thumbnail+"</a>", n.str("caption"))
}

func embedCard(n lexNode) string {
	inner := n.str("html")
	if inner == "" {
		inner = `<a href="` + escapeAttr(n.str("url")) + `">` + escapeHTML(n.str("url")) + "</a>"
	}
	return figure("kg-embed-card", inner, n.str("caption"))
}

func calloutCard(n lexNode) string {
	emoji := ""
	if e := n.str("calloutEmoji"); e != "" {
		emoji = `<div class="kg-callout-emoji">` + escapeHTML(e) + "</div>"
	}
	text := strings.TrimSuffix(strings.TrimPrefix(n.str("calloutText"), "<p>"), "</p>")
	return `<div class="kg-card kg-callout-card kg-callout-card-` + escapeAttr(cmpOr(n.str("backgroundColor"), "blue")) + `">` + emoji +
		`<div class="kg-callout-text">` + text + "</div></div>"
}

func toggleCard(n lexNode) string {
	return `<div class="kg-card kg-toggle-card" data-kg-toggle-state="close"><div class="kg-toggle-heading"><h4 class="kg-toggle-heading-text">` +
		n.str("heading") + `</h4></div><div class="kg-toggle-content">` + n.str("content") + "</div></div>"
}

func buttonCard(n lexNode) string {
	return `<div class="kg-card kg-button-card kg-align-` + escapeAttr(cmpOr(n.str("alignment"), "center")) + `"><a href="` +
		escapeAttr(n.str("buttonUrl")) + `" class="kg-btn kg-btn-accent">` + escapeHTML(n.str("buttonText")) + "</a></div>"
}

func ctaCard(n lexNode) string {
	inner := n.str("textValue")
	if src := n.str("imageUrl"); src != "" {
		inner = `<img src="` + escapeAttr(src) + `" alt="">` + inner
	}
	if n.yes("showButton") && n.str("buttonUrl") != "" {
		inner += `<a href="` + escapeAttr(n.str("buttonUrl")) + `" class="kg-cta-button">` + escapeHTML(n.str("buttonText")) + "</a>"
	}
	return `<div class="kg-card kg-cta-card">` + inner + "</div>"
}

func playerCard(element string, n lexNode) string {
	attrs := ` src="` + escapeAttr(n.str("src")) + `"`
	if element == "video" {
		attrs += attrIf("poster", cmpOr(n.str("customThumbnailSrc"), n.str("thumbnailSrc"))) + sizeAttrs(n)
		if n.yes("loop") {
			attrs += " loop autoplay muted"
		}
	}
	return figure("kg-"+element+"-card", "<"+element+attrs+" controls></"+element+">", cmpOr(n.str("caption"), escapeHTML(n.str("title"))))
}

func fileCard(n lexNode) string {
	title := cmpOr(cmpOr(n.str("fileTitle"), n.str("fileName")), n.str("src"))
	caption := ""
	if c := n.str("fileCaption"); c != "" {
		caption = `<div class="kg-file-card-caption">` + escapeHTML(c) + "</div>"
	}
	return `<div class="kg-card kg-file-card"><a class="kg-file-card-container" href="` + escapeAttr(n.str("src")) +
		`" download><div class="kg-file-card-title">` + escapeHTML(title) + "</div>" + caption + "</a></div>"
}

func headerCard(n lexNode) string {
	s := `<div class="kg-card kg-header-card"` + styleURL(n.str("backgroundImageSrc")) + ">"
	if h := n.str("header"); h != "" {
		s += `<h2 class="kg-header-card-header">` + h + "</h2>"
	}
	if h := cmpOr(n.str("subheader"), n.str("disclaimer")); h != "" {
		s += `<p class="kg-header-card-subheader">` + h + "</p>"
	}
	if n.str("buttonUrl") != "" && n.str("buttonText") != "" {
		s += `<a href="` + escapeAttr(n.str("buttonUrl")) + `" class="kg-header-card-button">` + escapeHTML(n.str("buttonText")) + "</a>"
	}
	return s + "</div>"
}

func styleURL(src string) string {
	if src == "" {
		return ""
	}
	return ` style="background-image: url(` + escapeAttr(src) + `)"`
}

func productCard(n lexNode) string {
	s := `<div class="kg-card kg-product-card">`
	if src := n.str("productImageSrc"); src != "" {
		s += `<img src="` + escapeAttr(src) + `" class="kg-product-card-image" loading="lazy" alt="">`
	}
	s += `<h4 class="kg-product-card-title">` + n.str("productTitle") + `</h4><div class="kg-product-card-description">` + n.str("productDescription") + "</div>"
	if n.yes("productButtonEnabled") && n.str("productUrl") != "" {
		s += `<a href="` + escapeAttr(n.str("productUrl")) + `" class="kg-product-card-button">` + escapeHTML(n.str("productButton")) + "</a>"
	}
	return s + "</div>"
}

var dashes = regexp.MustCompile(`^-|-{2,}|-$`)

// headingID is the anchor that the platform gives a heading. Source: slugify of Ghost's kg-utils.
func headingID(text string) string {
	if id, ok := plainHeadingID(text); ok {
		return id
	}
	text = strings.Map(func(c rune) rune {
		if strings.ContainsRune("][!\"#$%&'()*+,./:;<=>?@\\^_{|}~", c) {
			return -1
		}
		return c
	}, strings.ToLower(strings.TrimSpace(text)))
	return url.QueryEscape(dashes.ReplaceAllString(blanks.ReplaceAllString(text, "-"), ""))
}

// plainHeadingID is the anchor of letters, digits and single blanks.
func plainHeadingID(text string) (string, bool) {
	id := []byte(text)
	for i, c := range id {
		switch {
		case c == ' ' && i > 0 && i < len(id)-1 && id[i-1] != '-':
			id[i] = '-'
		case !isAlnum(c):
			return "", false
		case isLetter(c):
			id[i] |= 0x20
		}
	}
	return string(id), true
}

// blanks are what JavaScript takes for white space.
var blanks = regexp.MustCompile(`[\s\v\x{feff}\p{Z}]+`)
