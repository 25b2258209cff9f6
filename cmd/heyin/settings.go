package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/alecthomas/kong"
	kongyaml "github.com/alecthomas/kong-yaml"
	"go.yaml.in/yaml/v3"
)

// settings reads a YAML file whose keys are flags, either of all commands or
// below a command's name. A key that names no flag is an error: a setting with a
// typing mistake in it must not silently be the default.
type settings struct {
	kong.Resolver
	keys map[string]any
}

func loadSettings(r io.Reader) (kong.Resolver, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	s := settings{}
	if err := yaml.Unmarshal(data, &s.keys); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	s.Resolver, err = kongyaml.Loader(bytes.NewReader(data))
	return s, err
}

// Validate implements kong.Resolver.
func (s settings) Validate(app *kong.Application) error { return validateKeys(s.keys, app.Node) }

func validateKeys(keys map[string]any, node *kong.Node) error {
	for key, value := range keys {
		if section, ok := value.(map[string]any); ok {
			child := childOf(node, key)
			if child == nil {
				return fmt.Errorf("settings: %q is no command", key)
			}
			if err := validateKeys(section, child); err != nil {
				return err
			}
			continue
		}
		if !hasFlag(node, key) {
			return fmt.Errorf("settings: unknown key %q; keys are named like the flags of heyin --help", key)
		}
	}
	return nil
}

func childOf(node *kong.Node, name string) *kong.Node {
	for _, c := range node.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// hasFlag reports whether node or a command below it has the flag.
func hasFlag(node *kong.Node, name string) bool {
	for _, f := range node.Flags {
		if f.Name == name {
			return true
		}
	}
	for _, c := range node.Children {
		if hasFlag(c, name) {
			return true
		}
	}
	return false
}
