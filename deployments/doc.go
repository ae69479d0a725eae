// Package deployments holds files to deploy ewsnats with, and the tests that keep
// them in step with the code.
package deployments
