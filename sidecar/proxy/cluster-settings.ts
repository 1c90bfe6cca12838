import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { isObject } from "../../ingest/json.ts";
import { errorEnvelope, SidecarError } from "../errors.ts";
import { type BodyLimit, hasBody } from "../http/client-body.ts";
import { readFlag } from "../http/query-parameters.ts";
import type { ClusterSettingsService } from "../services/cluster-settings.ts";
import { settingsOf } from "../services/settings-change.ts";
import {
	madeAnswer,
	readWish,
	sendJson,
	wishUnlessRefused,
} from "./changed-answer.ts";
import { passNone, readInflated } from "./changed-body.ts";
import { mergeSettings, type Scopes } from "./cluster-settings-answer.ts";
import { probe, splitSettings } from "./cluster-settings-body.ts";
import { keepBodiesRaw } from "./pass-through.ts";
import type { ReadAnswer, Upstream } from "./upstream.ts";

export interface ClusterSettingsRoutesOptions {
	upstream: Upstream;
	settings: ClusterSettingsService;
	bodyLimit: BodyLimit;
}

/**
 * `_cluster/settings`: OpenSearch's settings and those of ml-commons and neural-search in one. Whoever OpenSearch
 * refuses learns and changes nothing here either.
 */
export function clusterSettings(
	options: ClusterSettingsRoutesOptions,
): FastifyPluginAsync {
	const { upstream, settings, bodyLimit } = options;
	return async (app) => {
		keepBodiesRaw(app);
		app.get("/_cluster/settings", answerSettings);
		app.put("/_cluster/settings", changeSettings);
	};

	async function answerSettings(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		const wish = hasBody(request.raw) ? undefined : wishUnlessRefused(request);
		if (!wish) return upstream.forward(request, reply);
		await settings.refresh();
		const { stored, defaults } = settings;
		const withDefaults = readFlag(wish.parameters.get("include_defaults"));
		const added: Scopes = { ...stored, ...(withDefaults && { defaults }) };
		if (Object.values(added).every((texts) => Object.keys(texts).length === 0))
			return upstream.forward(request, reply);
		const { plainUrl: url, format } = wish;
		const answer = await upstream.read(request, { url, json: true });
		// Asked again, an error comes in the form that OpenSearch gives it.
		if (answer.status !== 200) return upstream.forward(request, reply);
		const flat = readFlag(wish.parameters.get("flat_settings"));
		const json = merged(answer, added, flat);
		return sendJson(reply, answer, { json, format });
	}

	async function changeSettings(
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<FastifyReply> {
		if (!isJson(request)) return upstream.forward(request, reply);
		const { sent, body } = await readInflated(request, bodyLimit, passNone);
		const split = body ? splitSettings(body) : undefined;
		if (!body || !split) return upstream.forward(request, reply, sent);
		const { change, rest = body.toString() } = split;
		const { plainUrl: url, format, parameters } = readWish(request);
		const ask = async (asked: string) => {
			const answer = await upstream.read(request, {
				url,
				body: asked,
				json: true,
			});
			return { answer, accepted: answer.status === 200 };
		};
		const { answer, accepted } = await settings
			.update(change, { judge: () => ask(probe), others: () => ask(rest) })
			.catch(refusal);
		const flat = accepted && readFlag(parameters.get("flat_settings"));
		const json = accepted
			? merged(answer, { ...settingsOf(change) }, flat)
			: answer.body;
		return sendJson(reply, answer, { json, format });
	}
}

/** What is wrong with a setting is answered as OpenSearch answers it: in the form that was asked for. */
function refusal(error: unknown): { answer: ReadAnswer; accepted: false } {
	if (!(error instanceof SidecarError) || error.status >= 500) throw error;
	const { error: described, status } = errorEnvelope(error);
	const body = { error: { ...described, ...causeOf(error) }, status };
	return {
		answer: madeAnswer(status, JSON.stringify(body)),
		accepted: false,
	};
}

function causeOf({ cause }: Error): object {
	if (!(cause instanceof SidecarError)) return {};
	const { type, message: reason } = cause;
	return { caused_by: { type, reason, ...causeOf(cause) } };
}

function merged(answer: ReadAnswer, added: Scopes, flat: boolean): string {
	const body: unknown = JSON.parse(answer.body);
	if (!isObject(body))
		throw new SidecarError(
			"upstream_broken",
			"OpenSearch answered no object for its settings",
		);
	return JSON.stringify(mergeSettings(body, added, flat));
}

/** What is in another format goes on as it is: OpenSearch then does not recognise the sidecar's settings. */
function isJson({ raw }: FastifyRequest): boolean {
	const type = raw.headers["content-type"] ?? "";
	return /^\s*application\/(?:(?:vnd\.opensearch\+|x-nd)?json)\s*(?:;|$)/i.test(
		type,
	);
}
