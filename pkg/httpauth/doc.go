// Package httpauth authenticates.
package httpauth
