# METADATA
# title: The file server
# description: Only the shared folder, by paths relative to the root of the server.
# custom:
#   servers: [files]
#   kinds: [tool]
package policy.files

constrain contains {
	"code": "files.outside_shared",
	"message": "Only the folder shared/ is open to agents.",
	"remedy": "Use a path below shared/, without dots that climb out of it.",
} if {
	path := input.args.path
	not in_shared(path)
}

in_shared("shared")

in_shared(path) if {
	startswith(path, "shared/")
	not climbs(path)
}

climbs(path) if ".." in split(path, "/")

# Some servers read it as a separator.
climbs(path) if contains(path, "\\")
