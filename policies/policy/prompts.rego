# METADATA
# title: Prompts of the reference server
# custom:
#   servers: [everything, everything-http]
#   kinds: [prompt, completion]
package policy.prompts

permit contains {"id": "support-leads", "for": "both"} if {
	"support" in input.user.groups
	input.prompt.id == "everything.completable-prompt"
}

permit contains {"id": "support-leads", "for": "both"} if {
	"support" in input.user.groups
	input.completion.id == "everything.completable-prompt"
}

deny contains {
	"code": "prompts.experiment",
	"message": "Experiments get no prompts.",
	"remedy": "Use an agent that is in service.",
} if {
	input.agent.surface == "ide"
}

# A value becomes part of what a model reads as instructions.
constrain contains {
	"code": "prompts.not_a_name",
	"message": "The arguments of a prompt are names, not texts.",
	"remedy": "Leave out line breaks and signs.",
} if {
	input.prompt
	some value in input.args
	not is_name(value)
}

# The length is counted apart: a bounded repetition of a Unicode class takes the engine long to compile.
is_name(value) if {
	count(value) <= 80
	regex.match(`^[\p{L}\p{N}][\p{L}\p{N} .'-]*$`, value)
}
