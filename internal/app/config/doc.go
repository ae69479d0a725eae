// Package config reads the configuration that all commands share.
//
// A key such as nats.url can be given as the flag --nats-url, as the environment
// variable EWSNATS_NATS_URL and in a YAML file named by --config. The flag wins
// over the environment, the environment over the file, the file over the default.
//
// # Guarantees
//
// The file is read strictly: unknown and doubled keys are errors. Everything that
// is wrong is reported at once, each with its place and with what to write
// instead. Secrets stand in the file only as references, {file: …} or {env: …};
// they are read when they are used, anew each time, and never appear in an error.
//
// # Not guaranteed
//
// Values are taken as they are written: nothing is interpolated. An environment
// variable that begins with EWSNATS_ and is no key is not an error.
package config
