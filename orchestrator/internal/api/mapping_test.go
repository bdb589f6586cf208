package api_test

import (
	"strings"
	"testing"

	controlv1 "github.com/baileybridge/bailey/proto/bailey/control/v1"

	"github.com/baileybridge/bailey/orchestrator/internal/engine/enginetest"
)

func TestMappingOverTheAPI(t *testing.T) {
	t.Parallel()
	rig := enginetest.New(t, enginetest.NewSite(3))
	ctx, client := dial(t, rig)
	r := &controlv1.CreatePlanRequest{Source: rig.Request.Source, Target: rig.Request.Target, Mapping: "version: 1\nkinds: {entry: skip}\n"}
	plan, err := client.CreatePlan(ctx, r)
	if err != nil || !strings.Contains(plan.GetPlanJson(), `"filtered"`) {
		t.Errorf("%v: %s", err, plan.GetPlanJson())
	}
	r.Mapping = "version: 1\nkinds: {entri: skip}\n"
	if _, err := client.CreatePlan(ctx, r); err == nil || !strings.Contains(err.Error(), `mapping.yaml:2:9: there is no kind "entri"`) {
		t.Errorf("%v", err)
	}
	if _, err := client.StartMigration(ctx, &controlv1.StartMigrationRequest{Source: r.Source, Target: r.Target, Mapping: r.Mapping}); err == nil || !strings.Contains(err.Error(), "entri") {
		t.Errorf("%v", err)
	}
}
