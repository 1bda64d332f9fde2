# METADATA
# title: What servers may ask of people and of models
# description: Who may be asked at all stands in the roles (asks). What nobody may be asked stands here.
# custom:
#   servers: ["*"]
#   kinds: [elicitation, sampling]
package policy.questions

constrain contains {
	"code": "questions.secret",
	"message": "No server may ask for a password or another secret.",
	"remedy": "Let the server send its users to a page of its own.",
} if {
	some name in input.elicitation.fields
	secret(name)
}

# What the person reads above the field, whatever its name is.
constrain contains {
	"code": "questions.secret",
	"message": "No server may ask for a password or another secret.",
	"remedy": "Let the server send its users to a page of its own.",
} if {
	some field in input.args.requestedSchema.properties
	secret(field.title)
}

constrain contains {
	"code": "questions.foreign_page",
	"message": "Nobody is sent to {input.elicitation.host}.",
	"remedy": "Ask the security team to add the host to the settings.",
} if {
	input.elicitation.mode == "url"
	not known_host
}

constrain contains {
	"code": "questions.too_many_tokens",
	"message": "A server may not ask a model for {input.sampling.max_tokens} tokens.",
	"remedy": "Let the server ask for less.",
} if {
	input.sampling
	not few_tokens
}

# What other servers told is none of this server's business.
constrain contains {
	"code": "questions.context",
	"message": "A server may not have what other servers told the model.",
} if {
	input.sampling.include_context == "allServers"
}

known_host if input.elicitation.host in data.settings.questions.hosts

few_tokens if input.sampling.max_tokens <= data.settings.questions.max_tokens

secret(text) if regex.match(`(?i)pass[^a-z]*(word|wd|phrase|code)|secret|token|credential|(api|private)[^a-z]*key`, text)

# Short ones stand alone, or every shipping address were a secret.
secret(text) if regex.match(`(?i)(^|[^a-z])(pin|otp|cvc|cvv)([^a-z]|$)`, text)

secret(text) if regex.match(`[a-z](Pin|PIN|Otp|OTP|Cvc|CVC|Cvv|CVV)([^a-z]|$)`, text)
