package drupal

import (
	"github.com/baileybridge/bailey/agent/internal/cms"
	agentv1 "github.com/baileybridge/bailey/proto/bailey/agent/v1"
)

// ownKinds are the kinds that Drupal has, in writing order.
var ownKinds = []cms.Kind{kindSite, kindUser, kindTerm, kindMedia, kindEntry, kindComment, kindMenu, kindRedirect}

// notWritten is why a kind is only read.
const notWritten = "the driver reads Drupal; it does not write it yet"

// kinds says of every kind what the driver can do with it.
func kinds() []*agentv1.KindInfo {
	var all []*agentv1.KindInfo
	for _, k := range ownKinds {
		all = append(all, &agentv1.KindInfo{Kind: k, Readable: true, Reason: notWritten, Addressable: k == kindUser || k == kindTerm || k == kindMedia || k == kindEntry})
	}
	return all
}
