package toolgate

# METADATA
# title: What a record must not hold in clear
# entrypoint: true
mask := {"paths": mask_paths}

# Every package of the server counts, whatever its kinds: a record of a list or an admission has no target, and masking
# more never loosens.
mask_paths contains mask_path(v) if {
	some pkg in indexed
	some v in elements(data.policy[pkg].mask)
}

mask_paths contains "" if not index_whole

# In doubt the whole input.
mask_path(element) := element.path if {
	is_object(element)
	is_string(element.path)
	startswith(element.path, "/")
}

else := ""
