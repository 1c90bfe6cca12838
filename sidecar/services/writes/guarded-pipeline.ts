import { InvalidDefinition } from "../../../ingest/invalid-definition.ts";
import { guardPipelineText } from "../../../ingest/pipelines/guard-text.ts";
import { SidecarError } from "../../errors.ts";

/**
 * A pipeline with guards where a client wrote the sidecar's processors; undefined for what the cluster can take as it
 * is, or has to refuse itself.
 *
 * @throws SidecarError for a definition that is not valid
 */
export function guardedPipeline(id: string, text: string): string | undefined {
	try {
		return guardPipelineText(id, text);
	} catch (cause) {
		if (!(cause instanceof InvalidDefinition)) throw cause;
		const code =
			cause.type === "parse_exception" ? "bad_definition" : "bad_request";
		throw new SidecarError(code, cause.message, { cause });
	}
}
