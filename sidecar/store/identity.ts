import type { IncomingHttpHeaders } from "node:http";
import { type Client, errors } from "@opensearch-project/opensearch";
import { Compile } from "typebox/compile";
import { isObject } from "../../ingest/json.ts";
import { AuthInfo, type Caller } from "../../schemas/caller.ts";
import { type Refusal, SidecarError } from "../errors.ts";
import { statusOf, storeError } from "./client.ts";

export interface Clients {
	/** With the sidecar's credentials. */
	own: Client;
	/** With no credentials: a call is the caller's, or nobody's. */
	anonymous: Client;
}

const path = "/_plugins/_security/authinfo";
const validator = Compile(AuthInfo);

/** Who a request is from: the security plugin's answer, if the cluster has that plugin. */
export class IdentityStore {
	readonly #clients: Clients;

	constructor(clients: Clients) {
		this.#clients = clients;
	}

	/**
	 * Whether the cluster has a security plugin that is in force. Only the sidecar's own headers go with this question:
	 * no client can bring about the answer.
	 *
	 * @throws SidecarError unless OpenSearch says the one or the other
	 */
	async isSecured(): Promise<boolean> {
		try {
			await this.#clients.own.http.get({ path });
			return true;
		} catch (error) {
			const status = statusOf(error);
			if (status === 401 || status === 403) return true;
			if (isUnknownPath(error)) return false;
			throw status === undefined
				? storeError(error, "ask whether it is secured")
				: notTelling(error, status);
		}
	}

	/**
	 * Who these headers are from, in the eyes of a secured cluster.
	 *
	 * @throws SidecarError when OpenSearch does not answer the question
	 */
	async whoIs(headers: IncomingHttpHeaders): Promise<Caller | Refusal> {
		try {
			const { body } = await this.#clients.anonymous.http.get(
				{ path },
				{ headers },
			);
			if (!validator.Check(body))
				throw new SidecarError(
					"internal",
					"OpenSearch's security plugin says who a caller is in a form that is not known",
				);
			return {
				name: body.user_name,
				description: body.user,
				backendRoles: body.backend_roles,
				roles: body.roles,
			};
		} catch (error) {
			if (error instanceof errors.ResponseError) {
				const { statusCode } = error;
				if (statusCode === 401 || statusCode === 403) return refusal(error);
				if (statusCode < 500 && statusCode !== 429)
					throw notTelling(error, statusCode);
			}
			throw storeError(error, "ask who the caller is");
		}
	}
}

/** OpenSearch's answer for a path that nobody serves; in an error's envelope, `error` is an object. */
function isUnknownPath(error: unknown): boolean {
	if (!(error instanceof errors.ResponseError)) return false;
	const body: unknown = error.body;
	return (
		error.statusCode === 400 && isObject(body) && typeof body.error === "string"
	);
}

function notTelling(cause: unknown, status: number): SidecarError {
	return new SidecarError(
		"upstream_unavailable",
		`OpenSearch does not say who the caller is: it answers ${path} with ${status}`,
		{ cause },
	);
}

function refusal({ statusCode, headers, body }: errors.ResponseError): Refusal {
	const answer: unknown = body;
	return {
		status: statusCode,
		contentType: String(headers?.["content-type"] ?? "text/plain"),
		challenge: headers?.["www-authenticate"],
		body: typeof answer === "string" ? answer : JSON.stringify(answer ?? ""),
	};
}
