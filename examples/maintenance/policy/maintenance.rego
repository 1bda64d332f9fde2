# METADATA
# title: Maintenance of the reference server
# description: The second bundle of the demo's story is the first one with this package.
# custom:
#   servers: [everything-http]
#   kinds: [tool]
package policy.maintenance

deny contains {
	"code": "maintenance.closed",
	"message": "This tool is closed for maintenance.",
	"remedy": "Use the same tool of the server everything.",
} if {
	input.tool.id == "everything-http.get-sum"
}
