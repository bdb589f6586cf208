package files

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name of a file or folder in bytes, with room for "-123".
const maxName = 200

// refused are endings of names that a web server may run or obey instead of sending. The list follows what web servers are
// commonly set up with; "x.php.jpg" counts too, because Apache may look at every ending.
var refused = map[string]bool{
	"php": true, "php3": true, "php4": true, "php5": true, "php6": true, "php7": true, "php8": true, "phps": true, "pht": true, "phtm": true, "phtml": true,
	"phar": true, "inc": true, "cgi": true, "fcgi": true, "pl": true, "py": true, "pyc": true, "rb": true, "lua": true, "sh": true, "bash": true, "ksh": true,
	"asp": true, "aspx": true, "ascx": true, "ashx": true, "asmx": true, "asa": true, "cer": true, "cshtml": true, "jsp": true, "jspx": true, "jspf": true,
	"cfm": true, "shtml": true, "shtm": true, "stm": true, "htaccess": true, "htpasswd": true, "exe": true, "dll": true, "com": true, "bat": true,
	"cmd": true, "msi": true, "scr": true, "vbs": true, "so": true, "ini": true, "config": true,
}

// Refused says that a file of this name is not stored, and for which ending.
func Refused(name string) (ending string, yes bool) {
	ending = strings.ToLower(strings.TrimPrefix(path.Ext(strings.TrimRight(path.Base(name), ". \x00")), "."))
	return ending, refused[ending]
}

// programs are how programs begin.
var programs = [][]byte{[]byte("<?php"), []byte("<?="), []byte("#!"), []byte("\x7felf")}

// Program says that a file's first bytes make it a program, whatever its name says: a server that is set up badly, or a page that includes
// it, would run it. What is to be read as text may show one.
func Program(name string, head []byte) bool {
	if strings.EqualFold(path.Ext(name), ".txt") {
		return false
	}
	if bytes.HasPrefix(head, []byte("MZ")) && bytes.IndexByte(head, 0) > 0 {
		return true
	}
	head = bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	return slices.ContainsFunc(programs, func(mark []byte) bool { return bytes.HasPrefix(head, mark) })
}

// SafePath makes a wished-for path fit to be written: nothing hidden, nothing upwards, no letters that file systems, shells
// or terminals trip over. Unicode stays.
func SafePath(wish string) string {
	var parts []string
	for _, p := range strings.FieldsFunc(toUTF8(wish), func(r rune) bool { return r == '/' || r == '\\' }) {
		if s := safeName(p); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "file"
	}
	last := len(parts) - 1
	parts[last] = defuse(parts[last])
	return path.Join(parts...)
}

func safeName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(strings.Trim(s, " ."), " .-")
	return shorten(s)
}

// shorten cuts in front of the ending, at a letter's border.
func shorten(s string) string {
	if len(s) <= maxName {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 20 {
		ext = ""
	}
	n := maxName - len(ext)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + ext
}

// defuse breaks endings in the middle that a server might look at: "x.php.jpg" becomes "x.php_.jpg".
func defuse(name string) string {
	parts := strings.Split(name, ".")
	for i := 1; i < len(parts)-1; i++ {
		if refused[strings.ToLower(parts[i])] {
			parts[i] += "_"
		}
	}
	return strings.Join(parts, ".")
}

// numbered is the n-th other name for a path: "a/b.jpg", "a/b-1.jpg", …
func numbered(p string, n int) string {
	if n == 0 {
		return p
	}
	ext := path.Ext(p)
	return strings.TrimSuffix(p, ext) + "-" + strconv.Itoa(n) + ext
}
