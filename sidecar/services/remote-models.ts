import { performance } from "node:perf_hooks";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { functionNames, type ModelConfig } from "../../schemas/model.ts";
import {
	RemoteFailure,
	RemoteResults,
	type RemoteRun,
} from "../../schemas/remote-run.ts";
import { isErrorCode, SidecarError } from "../errors.ts";
import type { Peer, PeerClient } from "../peers/peer-client.ts";
import type { ModelInput, ModelResult } from "../runtime/model-result.ts";
import type { RunOptions } from "../runtime/model-spec.ts";
import type { ReadyModel, RunnableModel } from "./model-loader.ts";
import { fromRemote } from "./remote-result.ts";

/** What a sidecar tells another one of a model in its memory. */
export const RemoteModelFacts = Type.Object({
	function_name: Type.Enum([...functionNames]),
	vocabulary: Type.Optional(Type.Array(Type.String())),
});

export type RemoteModelFacts = Static<typeof RemoteModelFacts>;

export interface RemoteModelsOptions {
	peers: PeerClient;
	/** Time for a run on another sidecar, milliseconds. */
	timeoutMs: number;
}

/** Time that a sidecar is given to say that it was too late, milliseconds. */
const graceMs = 1_000;

/** Models whose facts are remembered. They are those of an id for good: they come out of its files. */
const mostFacts = 100;

/** Models that other sidecars have in memory and this one has not. */
export class RemoteModels {
	readonly #options: RemoteModelsOptions;
	readonly #facts = new Map<string, RemoteModelFacts>();

	constructor(options: RemoteModelsOptions) {
		this.#options = options;
	}

	/**
	 * A model as if it were here.
	 *
	 * @param config what its document says now
	 * @param peers that have it in memory; the next one is asked where one can't be reached
	 * @throws SidecarError as the peer does; upstream_unavailable where none of them can be reached
	 */
	async open(
		id: string,
		config: ModelConfig,
		peers: readonly Peer[],
	): Promise<ReadyModel> {
		const facts = this.#facts.get(id) ?? (await this.#read(id, peers));
		const { vocabulary } = facts;
		const loaded: RunnableModel = {
			spec: { functionName: facts.function_name },
			facts: vocabulary === undefined ? {} : { vocabulary },
			run: (inputs, options) => this.#run(id, { peers, inputs, options }),
		};
		return { loaded, config, local: false };
	}

	async #read(id: string, peers: readonly Peer[]): Promise<RemoteModelFacts> {
		const facts = await this.#ask(peers, {
			method: "GET",
			path: `/models/${encodeURIComponent(id)}`,
			schema: RemoteModelFacts,
		});
		const [oldest] = this.#facts.keys();
		if (this.#facts.size >= mostFacts && oldest !== undefined)
			this.#facts.delete(oldest);
		this.#facts.set(id, facts);
		return facts;
	}

	async #run(
		id: string,
		{
			peers,
			inputs,
			options = {},
		}: {
			peers: readonly Peer[];
			inputs: readonly ModelInput[];
			options: RunOptions | undefined;
		},
	): Promise<ModelResult[]> {
		const { lane = "ingest", signal, deadline, whenFull } = options;
		const leftMs =
			deadline === undefined
				? undefined
				: Math.max(0, deadline - performance.now());
		const run: RemoteRun = {
			inputs: inputs.map((input) =>
				typeof input === "string" ? input : [...input],
			),
			lane,
			...(leftMs !== undefined && { timeout_ms: leftMs }),
			...(whenFull && { when_full: whenFull }),
		};
		try {
			const { results } = await this.#ask(peers, {
				method: "POST",
				path: `/models/${encodeURIComponent(id)}/run`,
				body: JSON.stringify(run),
				schema: RemoteResults,
				...(signal && { signal }),
				...(leftMs !== undefined && { timeoutMs: leftMs + graceMs }),
			});
			return results.map(fromRemote);
		} catch (error) {
			throw isSilence(error) && leftMs !== undefined
				? new SidecarError("timeout", error.message, { cause: error })
				: error;
		}
	}

	/** What the first of the peers that can be reached says. */
	async #ask<S extends TSchema>(
		peers: readonly Peer[],
		question: {
			method: "GET" | "POST";
			path: string;
			body?: string;
			signal?: AbortSignal;
			schema: S;
			/** Milliseconds, if it may take less time than any other. */
			timeoutMs?: number;
		},
	): Promise<Static<S>> {
		const { schema, timeoutMs = Number.POSITIVE_INFINITY, ...call } = question;
		let unreached: unknown;
		for (const peer of peers)
			try {
				const { status, text } = await this.#options.peers.call(peer, {
					...call,
					timeoutMs: Math.ceil(Math.min(timeoutMs, this.#options.timeoutMs)),
				});
				if (status === 200) return Value.Parse(schema, JSON.parse(text));
				throw failureOf(peer, text);
			} catch (error) {
				if (
					!(error instanceof SidecarError) ||
					error.code !== "upstream_unavailable"
				)
					throw error;
				unreached = error;
			}
		throw unreached;
	}
}

function isSilence(error: unknown): error is SidecarError {
	return error instanceof SidecarError && error.code === "upstream_timeout";
}

function failureOf(peer: Peer, text: string): SidecarError {
	const failure: unknown = JSON.parse(text);
	if (Value.Check(RemoteFailure, failure) && isErrorCode(failure.code)) {
		const { code, reason, retry_after_ms: retryAfterMs } = failure;
		// It was restarted, and has a secret that is not known here before the next heartbeat: it is nobody's fault.
		if (code === "forbidden")
			return new SidecarError(
				"upstream_unavailable",
				`sidecar [${peer.id}] has just been restarted`,
			);
		return new SidecarError(code, reason, {
			...(retryAfterMs !== undefined && { retryAfterMs }),
		});
	}
	return new SidecarError(
		"upstream_broken",
		`sidecar [${peer.id}] gave an answer that is none`,
	);
}
