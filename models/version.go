package models

// Version names this build; the Makefile sets it to the git description. It is
// stored with every verdict, so that a replay knows what judged.
var Version = "unversioned"
