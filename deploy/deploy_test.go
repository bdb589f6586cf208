// Package deploy holds how the programs are installed; its test keeps those files true to the programs.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	flag    = regexp.MustCompile(`--[a-z][a-z-]*`)
	version = regexp.MustCompile(`-X \S*/(agent|orchestrator)/internal/app\.([vV]ersion)=`)
)

// TestFlagsAreThere: what the unit and the compose file pass to the programs, their help knows.
func TestFlagsAreThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	help := func(pkg, command string) string {
		bin := filepath.Join(dir, filepath.Base(pkg))
		if out, err := exec.Command("go", "build", "-o", bin, pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, out)
		}
		out, err := exec.Command(bin, command, "--help").CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s --help: %v\n%s", pkg, command, err, out)
		}
		return string(out)
	}
	serve, migrate := help("../agent", "serve"), help("../orchestrator", "migrate")
	for _, c := range []struct{ file, of, help string }{
		{"systemd/bailey-agent.service", "ExecStart=", serve},
		{"compose/compose.yaml", `command: ["serve"`, serve},
		{"compose/compose.yaml", `#     --source`, migrate},
		{"compose/compose.yaml", `#     --target`, migrate},
	} {
		lines := linesWith(t, c.file, c.of)
		for _, line := range lines {
			line = regexp.MustCompile(`\$\(.*\)`).ReplaceAllString(line, "")
			for _, f := range flag.FindAllString(line, -1) {
				if !strings.Contains(c.help, f+" ") && !strings.Contains(c.help, f+"\n") {
					t.Errorf("%s passes %s, which the program does not know", c.file, f)
				}
			}
		}
	}
}

// TestImagesAreBuiltAsByMake: the same version variables, the Go of go.mod, and nobody as the user.
func TestImagesAreBuiltAsByMake(t *testing.T) {
	t.Parallel()
	minor := regexp.MustCompile(`1\.\d+`).FindString(linesWith(t, "../go.mod", "go 1.")[0])
	makefile := strings.NewReplacer("$(MODULE)", "github.com/baileybridge/bailey", "$(GO)", "go").Replace(read(t, "../Makefile"))
	arguments := regexp.MustCompile(`CGO_ENABLED=0 go build .*-ldflags "-s -w`).FindString(makefile)
	for _, name := range []string{"agent", "orchestrator"} {
		file := "docker/" + name + ".Dockerfile"
		text := read(t, file)
		for _, want := range []string{"FROM golang:" + minor + "-", arguments, "USER 65534:65534", "FROM scratch"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", file, want)
			}
		}
		set := version.FindString(text)
		if set == "" || !strings.Contains(makefile, set) {
			t.Errorf("%s sets %q, which the Makefile does not", file, set)
		}
	}
}

// TestAgentHasRoomForCopies: bailey plan --diff needs a temporary folder that the agent's account can write, and no image from scratch has one.
func TestAgentHasRoomForCopies(t *testing.T) {
	t.Parallel()
	text := read(t, "docker/agent.Dockerfile")
	for _, want := range []string{"chmod 1777 /empty/tmp", "COPY --from=build /empty/tmp /tmp", "VOLUME /tmp"} {
		if !strings.Contains(text, want) {
			t.Errorf("the agent's image lacks %q", want)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// linesWith are the lines of a file that hold a text; there is one at least.
func linesWith(t *testing.T, file, text string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(read(t, file)) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("%s has no line with %q", file, text)
	}
	return lines
}
