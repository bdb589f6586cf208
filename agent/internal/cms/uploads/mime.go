package uploads

import (
	"mime"
	"path"
	"strings"
)

// MIME is the type of a file by the ending of its name; empty when it is not known.
func MIME(p string) string {
	ext := strings.ToLower(path.Ext(p))
	if m, ok := mimes[ext]; ok {
		return m
	}
	m, _, _ := strings.Cut(mime.TypeByExtension(ext), ";")
	return m
}

// mimes do not depend on the machine's own table. (WordPress, wp_get_mime_types)
var mimes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".gif": "image/gif", ".png": "image/png", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
	".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon", ".heic": "image/heic", ".svg": "image/svg+xml", ".asf": "video/x-ms-asf", ".wmv": "video/x-ms-wmv",
	".avi": "video/avi", ".flv": "video/x-flv", ".mov": "video/quicktime", ".qt": "video/quicktime", ".mpeg": "video/mpeg", ".mpg": "video/mpeg", ".mp4": "video/mp4", ".m4v": "video/mp4",
	".ogv": "video/ogg", ".webm": "video/webm", ".mkv": "video/x-matroska", ".3gp": "video/3gpp", ".txt": "text/plain", ".csv": "text/csv", ".tsv": "text/tab-separated-values",
	".ics": "text/calendar", ".rtx": "text/richtext", ".css": "text/css", ".htm": "text/html", ".html": "text/html", ".vtt": "text/vtt", ".mp3": "audio/mpeg", ".m4a": "audio/mpeg",
	".aac": "audio/aac", ".ra": "audio/x-realaudio", ".wav": "audio/wav", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".flac": "audio/flac", ".mid": "audio/midi", ".wma": "audio/x-ms-wma",
	".rtf": "application/rtf", ".pdf": "application/pdf", ".tar": "application/x-tar", ".zip": "application/zip", ".gz": "application/x-gzip", ".rar": "application/rar",
	".7z": "application/x-7z-compressed", ".psd": "application/octet-stream", ".doc": "application/msword", ".ppt": "application/vnd.ms-powerpoint", ".xls": "application/vnd.ms-excel",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".odt": "application/vnd.oasis.opendocument.text",
	".odp": "application/vnd.oasis.opendocument.presentation", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
