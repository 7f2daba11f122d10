// A provider of the test kit: a resource that is a file of this host, so that drift is real.
//
//	resource "kit_file" "name" {
//	  path    = "/somewhere"
//	  content = "text"
//	  secret  = "text" # sensitive; the file's second line
//	}
package main

import (
	"context"
	"errors"
	"io/fs"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var fileType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"path": tftypes.String, "content": tftypes.String, "secret": tftypes.String,
}}

func schema(attributes ...*tfprotov6.SchemaAttribute) *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: attributes}}
}

func diagnose(err error) []*tfprotov6.Diagnostic {
	if err == nil {
		return nil
	}
	return []*tfprotov6.Diagnostic{{
		Severity: tfprotov6.DiagnosticSeverityError, Summary: "the file", Detail: err.Error(),
	}}
}

// What a resource says; ok is false for one that is none.
func texts(value *tfprotov6.DynamicValue) (path, content, secret string, ok bool, err error) {
	var attributes map[string]tftypes.Value

	all, err := value.Unmarshal(fileType)
	if err != nil || all.IsNull() {
		return "", "", "", false, err
	}
	if err = all.As(&attributes); err != nil {
		return "", "", "", false, err
	}
	for name, to := range map[string]*string{"path": &path, "content": &content, "secret": &secret} {
		if attribute := attributes[name]; attribute.IsKnown() && !attribute.IsNull() {
			if err = attribute.As(to); err != nil {
				return "", "", "", false, err
			}
		}
	}
	return path, content, secret, true, nil
}

func value(path, content, secret string) (*tfprotov6.DynamicValue, error) {
	attributes := map[string]tftypes.Value{
		"path":    tftypes.NewValue(tftypes.String, path),
		"content": tftypes.NewValue(tftypes.String, content),
		"secret":  tftypes.NewValue(tftypes.String, nil),
	}
	if secret != "" {
		attributes["secret"] = tftypes.NewValue(tftypes.String, secret)
	}
	made, err := tfprotov6.NewDynamicValue(fileType, tftypes.NewValue(fileType, attributes))
	return &made, err
}

type server struct {
	tfprotov6.ProviderServer // what is not asked of us
}

func (server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider: schema(),
		ResourceSchemas: map[string]*tfprotov6.Schema{"kit_file": schema(
			&tfprotov6.SchemaAttribute{Name: "content", Type: tftypes.String, Required: true},
			&tfprotov6.SchemaAttribute{Name: "path", Type: tftypes.String, Required: true},
			&tfprotov6.SchemaAttribute{Name: "secret", Type: tftypes.String, Optional: true, Sensitive: true},
		)},
	}, nil
}

func (server) ValidateProviderConfig(_ context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (server) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (server) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (server) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (server) UpgradeResourceState(_ context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	state, err := r.RawState.Unmarshal(fileType)
	if err != nil {
		return &tfprotov6.UpgradeResourceStateResponse{Diagnostics: diagnose(err)}, nil
	}
	upgraded, err := tfprotov6.NewDynamicValue(fileType, state)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &upgraded, Diagnostics: diagnose(err)}, nil
}

// A file that is gone is a resource that is gone.
func (server) ReadResource(_ context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	path, _, secret, ok, err := texts(r.CurrentState)
	if err != nil || !ok {
		return &tfprotov6.ReadResourceResponse{NewState: r.CurrentState, Diagnostics: diagnose(err)}, nil
	}
	bytes, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		gone, err := tfprotov6.NewDynamicValue(fileType, tftypes.NewValue(fileType, nil))
		return &tfprotov6.ReadResourceResponse{NewState: &gone, Diagnostics: diagnose(err)}, nil
	}
	if err != nil {
		return &tfprotov6.ReadResourceResponse{Diagnostics: diagnose(err)}, nil
	}
	content, second, _ := strings.Cut(string(bytes), "\n")
	if secret != "" {
		secret = second
	}
	state, err := value(path, content, secret)
	return &tfprotov6.ReadResourceResponse{NewState: state, Diagnostics: diagnose(err)}, nil
}

// Another path is another file.
func (server) PlanResourceChange(_ context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	response := &tfprotov6.PlanResourceChangeResponse{PlannedState: r.ProposedNewState}
	before, _, _, was, err := texts(r.PriorState)
	if err == nil && was {
		after, _, _, is, err := texts(r.ProposedNewState)
		if err == nil && is && before != after {
			response.RequiresReplace = []*tftypes.AttributePath{tftypes.NewAttributePath().WithAttributeName("path")}
		}
	}
	response.Diagnostics = diagnose(err)
	return response, nil
}

func (server) ApplyResourceChange(_ context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	path, content, secret, ok, err := texts(r.PlannedState)
	if err == nil && ok {
		err = os.WriteFile(path, []byte(content+"\n"+secret), 0o600)
	} else if err == nil {
		path, _, _, _, err = texts(r.PriorState)
		if err == nil {
			err = os.Remove(path)
		}
	}
	if err != nil {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: r.PriorState, Diagnostics: diagnose(err)}, nil
	}
	return &tfprotov6.ApplyResourceChangeResponse{NewState: r.PlannedState}, nil
}

func main() {
	err := tf6server.Serve("example.com/test/kit", func() tfprotov6.ProviderServer { return server{} })
	if err != nil {
		log.Fatal(err)
	}
}
