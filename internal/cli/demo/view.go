package demo

import (
	"context"
	"errors"
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// redrawEvery is how often the view is drawn.
const redrawEvery = 250 * time.Millisecond

// view shows the state until the time is over or the user ends it.
func (w *world) view(ctx context.Context, out *os.File) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(screenModel{w: w}, tea.WithOutput(out), tea.WithAltScreen(), tea.WithContext(ctx))
	ended := make(chan error, 1)
	w.running.Go(func() {
		select {
		case <-w.o.over():
		case err := <-w.stages:
			ended <- err
		case <-ctx.Done():
			return
		}
		program.Quit()
	})
	if _, err := program.Run(); err != nil && !errors.Is(err, tea.ErrInterrupted) && !errors.Is(err, tea.ErrProgramKilled) {
		return err
	}
	select {
	case err := <-ended:
		return stageFailure(err)
	default:
		return nil
	}
}

type screenModel struct {
	w             *world
	width, height int
}

type redraw struct{}

func tick() tea.Cmd {
	return tea.Tick(redrawEvery, func(time.Time) tea.Msg { return redraw{} })
}

func (m screenModel) Init() tea.Cmd { return tick() }

func (m screenModel) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = message.Width, message.Height
	case tea.KeyMsg:
		if key := message.String(); key == "ctrl+c" || key == "q" {
			return m, tea.Quit
		}
	case redraw:
		return m, tick()
	}
	return m, nil
}

func (m screenModel) View() string {
	return m.w.state.screen(m.w.sim.Counts().Connections, m.width, m.height)
}
