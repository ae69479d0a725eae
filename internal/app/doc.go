// Package app is what the commands share besides their stages: the frame of a
// main function, running actors together, and logging.
//
// Logs are log/slog records on standard error. Addresses are redacted in them,
// and cookies are never shown, also where a value of such a type is logged by
// mistake.
package app
