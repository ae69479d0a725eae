package ntlm

// Flags are the negotiated options, [MS-NLMP] 2.2.2.5.
type Flags uint32

// The flags that this package sets or reads.
const (
	Unicode         Flags = 0x00000001
	OEM             Flags = 0x00000002
	RequestTarget   Flags = 0x00000004
	Sign            Flags = 0x00000010
	NTLM            Flags = 0x00000200
	AlwaysSign      Flags = 0x00008000
	TargetDomain    Flags = 0x00010000
	ExtendedSession Flags = 0x00080000
	TargetInfo      Flags = 0x00800000
	HasVersion      Flags = 0x02000000
	Encrypt128      Flags = 0x20000000
	KeyExchange     Flags = 0x40000000
	Encrypt56       Flags = 0x80000000
)

// clientFlags are those of a Windows client that authenticates over HTTP: no signing or sealing follows, so no session
// key is exchanged.
const clientFlags = Encrypt56 | Encrypt128 | HasVersion | ExtendedSession | AlwaysSign | NTLM | RequestTarget | OEM | Unicode

// serverFlags are what a server of a domain grants of what the client asked for, and its target info, which NTLMv2 needs.
const serverFlags = clientFlags&^OEM | Sign | KeyExchange

// version is that of a Windows 10 (1809), NTLM revision 15. [MS-NLMP] 2.2.2.10 has it for debugging only.
var version = []byte{10, 0, 0x63, 0x45, 0, 0, 0, 15}
