package exchangesim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Permission is what an account may do with the folders of another's mailbox, without impersonating it.
type Permission string

const (
	PermissionNone Permission = "none"        // nothing; the default
	Reviewer       Permission = "reviewer"    // read
	Editor         Permission = "editor"      // and create, change and delete
	FullAccess     Permission = "full-access" // and subscribe, as the owner does
)

var permissions = []Permission{PermissionNone, Reviewer, Editor, FullAccess}

// Delegate gives an account, or the owner of another mailbox by its address, a permission on folders of a mailbox and
// those below them; without folders on all of it, which FullAccess always is. Folders are given as to Create; the nearest
// one counts. Giving again replaces. It panics when there is no such mailbox, folder or permission.
func (s *Server) Delegate(address, account string, p Permission, folders ...string) {
	must(s.delegate(Delegation{address, account, p, folders}))
}

// Delegation is a call of Delegate, as the control endpoint takes it.
type Delegation struct {
	Mailbox    string     `json:"mailbox"`
	Account    string     `json:"account"`
	Permission Permission `json:"permission"`
	Folders    []string   `json:"folders,omitempty"`
}

// Validate says what is wrong with a delegation, whatever mailboxes there are.
func (d Delegation) Validate() error {
	switch {
	case d.Account == "":
		return errors.New("account is missing: name one, or the address of another mailbox")
	case !slices.Contains(permissions, d.Permission):
		return fmt.Errorf("permission %q: use none, reviewer, editor or full-access", d.Permission)
	case d.Permission == FullAccess && len(d.Folders) > 0:
		return errors.New("permission full-access is on all folders: leave folders out, or give editor")
	}
	return nil
}

// FolderNames are the names of the folders that every new mailbox has, as Create and Delegate take them.
func FolderNames() (names []string) {
	for _, f := range newMailbox("", time.Time{}).folders {
		names = append(names, cmp.Or(f.wellKnown, f.name))
	}
	return names
}

// grants are the permissions of one account on one mailbox; those under nil are on all folders.
type grants map[*folder]Permission

func (s *Server) delegate(d Delegation) (struct{}, error) {
	if err := d.Validate(); err != nil {
		return struct{}{}, fmt.Errorf("delegate: %w", err)
	}
	return act(s, d.Mailbox, func(mb *mailbox, _ time.Time) (struct{}, error) {
		folders := []*folder{nil}
		if len(d.Folders) > 0 {
			folders = nil
		}
		for _, name := range d.Folders {
			f, err := mb.folder(name)
			if err != nil {
				return struct{}{}, err
			}
			folders = append(folders, f)
		}
		s.org.grant(mb, strings.ToLower(d.Account), d.Permission, folders)
		return struct{}{}, nil
	})
}

func (o *organisation) grant(mb *mailbox, account string, p Permission, folders []*folder) {
	if o.delegates[mb.address] == nil {
		o.delegates[mb.address] = map[string]grants{}
	}
	if o.delegates[mb.address][account] == nil {
		o.delegates[mb.address][account] = grants{}
	}
	for _, f := range folders {
		o.delegates[mb.address][account][f] = p
	}
}

// permission is what the call may do with a folder. Where nobody is asked who he is, everybody may do everything; who
// impersonates is somebody.
func (c *call) permission(f *folder) Permission {
	actor := c.account
	switch {
	case f.mailbox == c.target, c.account == "" && c.log.Impersonated == "":
		return FullAccess
	case c.account == "":
		return Editor
	case c.log.Impersonated != "":
		actor = c.log.Impersonated
	}
	given := c.s.org.delegates[f.mailbox.address][strings.ToLower(actor)]
	for at := f; at != nil; at = at.parent {
		if p, found := given[at]; found {
			return p
		}
	}
	if p, found := given[nil]; found {
		return p
	}
	return PermissionNone
}

// readingFolders and readingItems are the operations that change nothing in the folders, and of the items, they name.
var (
	readingFolders = []string{"Subscribe", "GetFolder", "FindFolder", "FindItem", "SyncFolderHierarchy", "SyncFolderItems"}
	readingItems   = []string{"GetItem", "GetAttachment", "CopyItem"}
)

// refused says with which code an operation on a folder fails; empty if it may be done. What one may not see is not there,
// what one may see and not change is denied ("Handling delegation-related errors in EWS in Exchange").
func (c *call) refused(f *folder, reads bool, hidden string) string {
	switch p := c.permission(f); {
	case p == PermissionNone:
		return hidden
	case p == Reviewer && !reads:
		return "ErrorAccessDenied"
	}
	return ""
}

// maySubscribe tells whether a subscription to folders is the call's to make; nil stands for all of its own mailbox.
func (c *call) maySubscribe(folders map[*folder]bool) bool {
	for f := range folders {
		if c.s.cfg.DelegateSubscriptions == DelegatesSubscribeWithFullAccess && c.permission(f) != FullAccess {
			return false
		}
	}
	return true
}
