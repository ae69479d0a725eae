package jetbus

import (
	"log/slog"

	"github.com/ThreeDotsLabs/watermill"
)

// watermillLogger lowers Watermill's levels: what it calls information happens for
// every message.
func watermillLogger(log *slog.Logger) watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(log, map[slog.Level]slog.Level{
		slog.LevelInfo: slog.LevelDebug,
	})
}
