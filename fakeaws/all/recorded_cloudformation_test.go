package all_test

func init() {
	recordedServices["cloudformation"] = recordedService{schema: "cloudformation", folder: "cloudformation", shared: []string{"internal/template"}}
}
