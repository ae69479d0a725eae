package exchangesim

// tagMessageFlags is PidTagMessageFlags; its flags are mfRead, mfUnmodified, mfUnsent, mfHasAttach and mfFAI of MS-OXCMSG.
// Without mfUnsent a message is no draft, with mfFAI it is hidden.
const (
	tagMessageFlags    = 0x0e07
	flagRead           = 1
	flagUnmodified     = 2
	flagUnsent         = 8
	flagHasAttachments = 16
	flagHidden         = 64
)

// messageFlags are the flags of an item.
func (v itemView) messageFlags() any {
	flags := 0
	for flag, set := range map[int]bool{
		flagRead: v.read, flagUnmodified: v.edited == 0, flagUnsent: v.draft, flagHidden: v.hidden, flagHasAttachments: v.says().hasFiles(),
	} {
		if set {
			flags |= flag
		}
	}
	return flags
}
