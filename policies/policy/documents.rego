# METADATA
# title: Resources of the reference server
# description: Judged by the normalised URI, which is exactly what the server gets.
# custom:
#   servers: [everything]
#   kinds: [resource, completion]
package policy.documents

deny contains {
	"code": "documents.operators_only",
	"message": "How the server is started is for finance only.",
	"remedy": "Ask the platform team.",
} if {
	input.resource.path == "/static/document/startup.md"
	not finance
}

# A list asks about the literal beginning of the template, "/dynamic/text/": what holds for whole URIs only constrains.
constrain contains {
	"code": "documents.unknown_number",
	"message": "There are texts 1 to 99.",
	"remedy": "Use a number from 1 to 99.",
} if {
	input.resource.entry == "dynamic-text"
	path := input.resource.path
	not in_range(path)
}

constrain contains {
	"code": "documents.no_hints",
	"message": "Values of this template are not completed.",
} if {
	input.completion.name == "dynamic-text"
}

in_range(path) if regex.match(`^/dynamic/text/[1-9][0-9]?$`, path)

finance if "finance" in input.user.groups
