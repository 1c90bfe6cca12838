import { inject } from "vitest";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** A real OpenSearch, shared by all the integration tests of a run. */
		opensearchUrl: string;
		/** all-MiniLM-L6-v2 as archives for the model API. */
		minilm: { fp32: ModelArtifact; int8: ModelArtifact };
	}
}

/** The OpenSearch of this run, without a slash at the end; other test files use it at the same time. */
export function opensearchUrl(): string {
	return inject("opensearchUrl");
}

/** A name for an index, pipeline or model of one test, which no other test has. */
export function uniqueName(prefix: string): string {
	return `${prefix}-${crypto.randomUUID().slice(0, 13)}`;
}

/** Calls OpenSearch itself, around the sidecar, and answers the parsed body; any status but 2xx is an error. */
export async function callOpenSearch(
	method: string,
	path: string,
	body?: unknown,
): Promise<unknown> {
	const answer = await fetch(`${opensearchUrl()}${path}`, {
		method,
		...(body === undefined
			? {}
			: {
					headers: { "content-type": "application/json" },
					body: typeof body === "string" ? body : JSON.stringify(body),
				}),
	});
	const text = await answer.text();
	if (!answer.ok)
		throw new Error(`${method} ${path}: ${answer.status} ${text}`);
	return text === "" ? undefined : JSON.parse(text);
}
