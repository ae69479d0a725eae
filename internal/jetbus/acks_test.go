package jetbus

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestAnswersAreRead(t *testing.T) {
	refused := &jetstream.APIError{Code: 400, ErrorCode: 10071, Description: "wrong last sequence: 4"}
	for name, tt := range map[string]struct {
		answer nats.Msg
		want   jetstream.PubAck
		err    error
	}{
		"stored":             {nats.Msg{Data: []byte(`{"stream":"EWS_EVENT", "seq":22}`)}, jetstream.PubAck{Stream: "EWS_EVENT", Sequence: 22}, nil},
		"stored without gap": {nats.Msg{Data: []byte(`{"stream":"S","seq":18446744073709551615}`)}, jetstream.PubAck{Stream: "S", Sequence: 1<<64 - 1}, nil},
		"duplicate":          {nats.Msg{Data: []byte(`{"stream":"S","seq":22,"duplicate": true}`)}, jetstream.PubAck{Stream: "S", Sequence: 22, Duplicate: true}, nil},
		"of a domain":        {nats.Msg{Data: []byte(`{"stream":"S","domain":"hub","seq":1}`)}, jetstream.PubAck{Stream: "S", Domain: "hub", Sequence: 1}, nil},
		"refused":            {nats.Msg{Data: []byte(`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 4"},"stream":"S","seq":0}`)}, jetstream.PubAck{}, refused},
		"of no stream":       {nats.Msg{Header: nats.Header{"Status": {"503"}}}, jetstream.PubAck{}, jetstream.ErrNoStreamResponse},
		"nothing":            {nats.Msg{}, jetstream.PubAck{}, jetstream.ErrInvalidJSAck},
		"cut short":          {nats.Msg{Data: []byte(`{"stream":"S","seq":22`)}, jetstream.PubAck{}, jetstream.ErrInvalidJSAck},
		"without a stream":   {nats.Msg{Data: []byte(`{"stream":"","seq":22}`)}, jetstream.PubAck{}, jetstream.ErrInvalidJSAck},
		"without a sequence": {nats.Msg{Data: []byte(`{"stream":"S","seq":-1}`)}, jetstream.PubAck{}, jetstream.ErrInvalidJSAck},
	} {
		t.Run(name, func(t *testing.T) {
			have, err := ackOf(&tt.answer)
			api := (*jetstream.APIError)(nil)
			sameError := errors.Is(err, tt.err) || errors.As(err, &api) && *api == *refused && tt.err == error(refused)
			if have != tt.want || !sameError {
				t.Errorf("have %+v, %v\nwant %+v, %v", have, err, tt.want, tt.err)
			}
		})
	}
}

// FuzzPlainAck: what is read quickly is what encoding/json reads.
func FuzzPlainAck(f *testing.F) {
	f.Add(`{"stream":"EWS_EVENT", "seq":22}`)
	f.Add(`{"stream":"S","seq":22,"duplicate": true}`)
	f.Add(`{"stream":"S",,"seq":022}`)
	f.Fuzz(func(t *testing.T, data string) {
		have, ok := plainAck([]byte(data))
		if !ok {
			return
		}
		var want jetstream.PubAck
		if err := json.Unmarshal([]byte(data), &want); err != nil || have != want {
			t.Errorf("%s: have %+v, want %+v, %v", data, have, want, err)
		}
	})
}
