package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

func main() {
	for _, a := range os.Args[1:] {
		pkg, op, _ := strings.Cut(a, ".")
		if pkg == "action" {
			x, ok := catalog.Find(op)
			if !ok {
				fmt.Println("no", op)
				continue
			}
			fmt.Print(op, " own:")
			for _, k := range x.Keys {
				fmt.Print(" ", k.Name)
			}
			fmt.Println()
			for _, r := range x.Resources {
				fmt.Print("   ", r.Name, " ", r.Required, " ", r.ARNs, " :")
				for _, k := range r.Keys {
					fmt.Print(" ", k.Name)
				}
				fmt.Println()
			}
			continue
		}
		api, _ := catalog.APIByPackage(pkg)
		o, ok := api.Operation(op)
		if !ok {
			fmt.Println("no", a)
			continue
		}
		b, _ := json.Marshal(o.Facts())
		fmt.Println(a, o.Method, o.URI, o.Required, string(b))
	}
}
