import { Client, errors } from "@opensearch-project/opensearch";
import { isObject } from "../../ingest/json.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { UpstreamTls } from "../../schemas/upstream-tls.ts";
import { SidecarError } from "../errors.ts";

export interface ClientOptions {
	tls: UpstreamTls;
	/** Whether calls carry the sidecar's own credentials. */
	credentials: "own" | "none";
}

/** A client for the sidecar's own calls. */
export function createClient(
	settings: Settings,
	{ tls, credentials }: ClientOptions,
): Client {
	return new Client({
		node: settings.OPENSEARCH_URL,
		requestTimeout: settings.SIDECAR_UPSTREAM_TIMEOUT_MS,
		maxRetries: 2,
		ssl: tls,
		...(credentials === "own" &&
			settings.OPENSEARCH_USERNAME && {
				auth: {
					username: settings.OPENSEARCH_USERNAME,
					password: settings.OPENSEARCH_PASSWORD,
				},
			}),
	});
}

/** The HTTP status of OpenSearch's answer that an error stands for, if it stands for one. */
export function statusOf(error: unknown): number | undefined {
	return error instanceof errors.ResponseError ? error.statusCode : undefined;
}

/**
 * {@link storeError}, and `forbidden` where the sidecar's own user lacks a right.
 *
 * @param needed the permissions that its role needs
 */
export function forbiddenOr(
	error: unknown,
	action: string,
	needed: string,
): SidecarError {
	if (statusOf(error) !== 403) return storeError(error, action);
	return new SidecarError(
		"forbidden",
		`the sidecar's own user may not ${action}: it lacks [${needed}]`,
		{ cause: error },
	);
}

/**
 * What a failed call to OpenSearch means for whoever asked the sidecar: OpenSearch out of reach or too slow
 * is said so, any other failure of the sidecar's own calls is an internal error with its cause kept.
 */
export function storeError(error: unknown, action: string): SidecarError {
	if (error instanceof SidecarError) return error;
	if (error instanceof errors.TimeoutError)
		return new SidecarError(
			"upstream_timeout",
			`OpenSearch did not answer in time: ${action}`,
			{ cause: error },
		);
	if (
		error instanceof errors.ConnectionError ||
		error instanceof errors.NoLivingConnectionsError
	)
		return new SidecarError(
			"upstream_unavailable",
			`OpenSearch can't be reached: ${action}`,
			{ cause: error },
		);
	const status = statusOf(error);
	if (status === 502 || status === 503 || status === 504)
		return new SidecarError(
			"upstream_unavailable",
			`OpenSearch is not available: ${action}`,
			{ cause: error },
		);
	if (status === 429)
		return new SidecarError(
			"too_many_requests",
			`${blockIn(error) ?? "OpenSearch is too busy"}: ${action}`,
			{ cause: error },
		);
	return new SidecarError("internal", `OpenSearch refused: ${action}`, {
		cause: error,
	});
}

/** Whether a 404 is about the index, and not about a document in it. */
export function isMissingIndex(error: unknown): boolean {
	return refusalIn(error)?.type === "index_not_found_exception";
}

/** A full disk's block of an index has the status of a node that is too busy; what to do about it is something else. */
function blockIn(error: unknown): string | undefined {
	const refusal = refusalIn(error);
	if (refusal?.type !== "cluster_block_exception") return undefined;
	return typeof refusal.reason === "string" ? refusal.reason : undefined;
}

/** The `error` of OpenSearch's envelope. */
export function refusalIn(error: unknown): Record<string, unknown> | undefined {
	const body: unknown =
		error instanceof errors.ResponseError ? error.body : undefined;
	const refusal = isObject(body) ? body.error : undefined;
	return isObject(refusal) ? refusal : undefined;
}
