import { guardPipelineText } from "../../../ingest/pipelines/guard-text.ts";
import { unlessRefused } from "../refused-definition.ts";

/**
 * A pipeline with guards where a client wrote the sidecar's processors; undefined for what the cluster can take as it
 * is, or has to refuse itself.
 *
 * @throws SidecarError for a definition that is not valid
 */
export function guardedPipeline(id: string, text: string): string | undefined {
	return unlessRefused(() => guardPipelineText(id, text));
}
