package demo

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Terminal control sequences of ECMA-48 and xterm.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // the alternate screen, without cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// A display shows the state while the demonstration runs.
type display interface {
	begin()
	draw() // often
	sum()  // now and then
	end()
}

// view redraws the whole screen of a terminal.
type view struct {
	w    *world
	file *os.File
}

func (v view) begin() { fmt.Fprint(v.file, enterScreen) }
func (v view) sum()   {}
func (v view) end()   { fmt.Fprint(v.file, leaveScreen) }

func (v view) draw() {
	width, height, err := term.GetSize(int(v.file.Fd()))
	if err != nil {
		width, height = 0, 0 // uncut
	}
	var b strings.Builder
	b.WriteString(home)
	for i, line := range v.w.state.screen(v.w.sim.Counts().Connections, width, height) {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(line + clearLine)
	}
	b.WriteString(clearBelow)
	io.WriteString(v.file, b.String())
}
