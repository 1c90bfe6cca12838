import { InvalidDefinition } from "../../ingest/invalid-definition.ts";
import { SidecarError } from "../errors.ts";

/**
 * What is made of a definition that a client wrote.
 *
 * @throws SidecarError for one that is not valid
 */
export function unlessRefused<T>(make: () => T): T {
	try {
		return make();
	} catch (cause) {
		if (!(cause instanceof InvalidDefinition)) throw cause;
		const code =
			cause.type === "parse_exception" ? "bad_definition" : "bad_request";
		throw new SidecarError(code, cause.message, { cause });
	}
}
