package main

import "heyin/web"

// signInFlags say how people prove who they are. heyin up and heyin demo take them
// from HEYIN_… variables and the YAML file, like every setting of a child.
type signInFlags struct {
	PasswordLength  int  `default:"10" help:"Characters a password has at least."`
	PasswordClasses int  `default:"0" help:"Of lower case, upper case, digits and others, how many must occur."`
	PasswordDays    int  `default:"0" help:"Days after which a password must be changed; 0: never."`
	PasswordHistory int  `default:"0" help:"Of the last so many passwords none may be used again."`
	RequireTOTP     bool `name:"require-totp" help:"Nobody works without a second factor."`

	SecretKeys string `placeholder:"ID:KEY,…" help:"Keys that encrypt second factors in the database: an id of your own and base64 of 32 random bytes (openssl rand -base64 32). The first encrypts; to change it, put a new one before it and take the old one out after the next start."`

	OIDCIssuer string `name:"oidc-issuer" placeholder:"URL" help:"The bank's own identity provider (OpenID Connect)."`
	OIDCClient string `name:"oidc-client" placeholder:"ID" help:"What the provider calls heyin."`
	OIDCSecret string `name:"oidc-secret" help:"Secret the provider gave."`
	OIDCClaim  string `name:"oidc-claim" default:"preferred_username" help:"Claim of the ID token that is the login here."`
	OIDCPublic string `name:"oidc-public-url" placeholder:"URL" help:"How browsers reach heyin: https://host."`
}

func (f signInFlags) apply(cfg *web.Config) {
	cfg.Passwords = web.PasswordPolicy{MinLength: f.PasswordLength, Classes: f.PasswordClasses, MaxDays: f.PasswordDays, History: f.PasswordHistory}
	cfg.RequireTOTP = f.RequireTOTP
	if f.SecretKeys != "" {
		cfg.SecretKeys = f.SecretKeys
	}
	cfg.OIDC = web.OIDC{Issuer: f.OIDCIssuer, ClientID: f.OIDCClient, ClientSecret: f.OIDCSecret, LoginClaim: f.OIDCClaim, PublicURL: f.OIDCPublic}
}
