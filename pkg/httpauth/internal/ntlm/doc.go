// Package ntlm holds the three messages of NTLM and the arithmetic of NTLMv2 ([MS-NLMP]), for a client and for a server.
// It does no I/O and reads no clock. Message by message it is strict: a field that points outside its message, an odd
// number of bytes in a Unicode string or a list of pairs without an end is an error.
package ntlm
