package storage_test

import (
	"strings"
	"testing"

	"heyin/storage"
)

// Validate names every wrong setting at once and repeats no secret.
func TestValidateNamesSettings(t *testing.T) {
	t.Parallel()
	err := storage.Config{DSN: "mysql://u:hunter2@h/d", Bucket: "No"}.Validate()
	if err == nil {
		t.Fatal("a wrong config is valid")
	}
	for _, want := range []string{"DSN", "S3Endpoint", "S3AccessKey", `Bucket is "No"`, "MaxAttempts is 0; want more than 0"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the error repeats the password")
	}
}
