/** A pipeline or processor that is not valid, in the words of OpenSearch or of neural-search. */
export class InvalidDefinition extends Error {
	override readonly name = "InvalidDefinition";
	/** OpenSearch's type for this error. */
	readonly type:
		| "parse_exception"
		| "illegal_argument_exception"
		| "mapper_parsing_exception";

	constructor(type: InvalidDefinition["type"], reason: string) {
		super(reason);
		this.type = type;
	}
}

/** A definition that OpenSearch, or a plugin of its, calls an illegal argument. */
export function illegal(reason: string): InvalidDefinition {
	return new InvalidDefinition("illegal_argument_exception", reason);
}

/** A document that a processor can't work on; the reason is neural-search's. */
export class InvalidDocument extends Error {
	override readonly name = "InvalidDocument";
}
