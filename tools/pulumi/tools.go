//go:build tools

// Package tools pins the Pulumi CLI: what `make pulumi` builds where no official release can be had.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
