// Package attest signs reports, and checks signed ones with nothing but the file at hand.
package attest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/baileybridge/bailey/orchestrator/internal/migration"
	"github.com/baileybridge/bailey/orchestrator/internal/secret"
)

// algorithm of all signatures.
const algorithm = "Ed25519"

// purpose begins what is signed, so that the signature is worth nothing for anything else.
const purpose = "bailey report 1\n"

// blockName is the member of a report that holds the signature and is not signed itself.
const blockName = "signature"

// Signature is the block that a signed report ends with.
type Signature struct {
	Alg string `json:"alg"`
	// Key is the public key and Signature the signature, in hex.
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

// Key signs.
type Key struct{ private ed25519.PrivateKey }

// Open reads the key file, or makes it with mode 0600.
func Open(file string) (*Key, error) {
	seed, err := secret.File(file)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, &migration.Error{Problem: migration.Problem{
			Code: "signing_key_damaged", Cause: "the signing key in the data folder is damaged",
			Fix: "Bring back signing-key from a backup. If there is none, remove it: a new one is made, whose public key you have to hand out again.",
		}, Exit: migration.ExitFailed}
	}
	return &Key{ed25519.NewKeyFromSeed(seed)}, nil
}

// Public is the public key in hex.
func (k *Key) Public() string { return hex.EncodeToString(k.private.Public().(ed25519.PublicKey)) }

// Sign gives the report as one line of JSON with the signature as its last member.
func (k *Key) Sign(rep *migration.Report) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(rep); err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	doc := bytes.TrimSuffix(b.Bytes(), []byte("}\n"))
	v, err := parse(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	message, err := canonical([]byte(purpose), v)
	if err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	block, err := json.Marshal(Signature{Alg: algorithm, Key: k.Public(), Signature: hex.EncodeToString(ed25519.Sign(k.private, message))})
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(doc, ",%q:%s}\n", blockName, block), nil
}

// Check says whether a signed report is as it was signed and does not contradict itself. key is the public key that it must be
// signed with, in hex; empty: whichever it names. The report and its signature are given when the signature is right.
// Errors are *migration.Error: "wrong_key", "report_altered", "report_contradicts", "counts_differ", "source_changed", "usage".
func Check(doc []byte, key string) (*migration.Report, *Signature, error) {
	message, sig, err := open(doc)
	if err != nil {
		return nil, nil, altered(err)
	}
	if err := sig.verify(message, key); err != nil {
		return nil, nil, err
	}
	var rep migration.Report
	if err := json.Unmarshal(doc, &rep); err != nil {
		return nil, nil, altered(err)
	}
	if p := rep.Recompute(); p != nil {
		return &rep, sig, &migration.Error{Problem: *p, Exit: migration.ExitDifferent}
	}
	return &rep, sig, nil
}

// open takes a document apart: what was signed, and the signature.
func open(doc []byte) (message []byte, sig *Signature, err error) {
	v, err := parse(doc)
	if err != nil {
		return nil, nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, nil, errors.New("it is no JSON object")
	}
	var rest object
	for _, m := range o {
		if m.name != blockName {
			rest = append(rest, m)
			continue
		}
		block, err := canonical(nil, m.value)
		if err != nil {
			return nil, nil, err
		}
		if sig, err = readBlock(block); err != nil {
			return nil, nil, err
		}
	}
	if sig == nil {
		return nil, nil, errors.New("it holds no signature")
	}
	message, err = canonical([]byte(purpose), rest)
	return message, sig, err
}

// readBlock takes the block in its one form only: it is not signed itself, so that nothing may hide in it.
func readBlock(block []byte) (*Signature, error) {
	var sig *Signature
	if err := json.Unmarshal(block, &sig); err != nil || sig == nil {
		return nil, errors.New("its signature block cannot be read")
	}
	again, err := json.Marshal(sig)
	if err != nil || !bytes.Equal(again, block) {
		return nil, errors.New("its signature block holds something else")
	}
	return sig, nil
}

// verify tells a report that was altered from one that is whole but signed by someone else.
func (s *Signature) verify(message []byte, key string) error {
	want, err := publicKey(key)
	if err != nil {
		return migration.Usage("usage", "--key is not a public key: it has 64 hex digits", "Print it where the report was made: bailey key")
	}
	public, err := publicKey(s.Key)
	signature, serr := hex.DecodeString(s.Signature)
	exact := hex.EncodeToString(public) == s.Key && hex.EncodeToString(signature) == s.Signature
	if s.Alg != algorithm || public == nil || err != nil || serr != nil || !exact {
		return altered(errors.New("its signature block cannot be read"))
	}
	if !ed25519.Verify(public, message, signature) {
		return altered(errors.New("its signature does not fit its content"))
	}
	if want != nil && !want.Equal(public) {
		return &migration.Error{Problem: migration.Problem{
			Code: "wrong_key", Cause: "the report is signed with another key: " + s.Key,
			Fix: "Compare with what bailey key prints where the report was made. Do not rely on the report before the keys are the same.",
		}, Exit: migration.ExitFailed}
	}
	return nil
}

// publicKey reads a key in hex; empty gives nil.
func publicKey(text string) (ed25519.PublicKey, error) {
	if text == "" {
		return nil, nil
	}
	b, err := hex.DecodeString(text)
	if err == nil && len(b) != ed25519.PublicKeySize {
		err = errors.New("wrong length")
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

func altered(err error) error {
	return &migration.Error{Problem: migration.Problem{
		Code: "report_altered", Cause: "this is not a signed report as it was made: " + err.Error(), Fix: "Get the file again from where it was made, or make it anew: bailey report ID --signed FILE",
	}, Exit: migration.ExitDifferent, Err: err}
}
