import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import { SidecarError } from "../errors.ts";
import type { ModelStore } from "../store/models.ts";
import type { Convergence } from "./convergence.ts";
import type { Janitor } from "./janitor.ts";
import type { ModelLoader } from "./model-loader.ts";
import { withoutNodes } from "./model-state.ts";
import type { NodeRegistry } from "./node-registry.ts";

export interface UpkeepOptions {
	registry: NodeRegistry;
	models: ModelStore;
	loader: ModelLoader;
	convergence: Convergence;
	janitor: Janitor;
	/** Time between two signs of life, milliseconds. */
	intervalMs: number;
	/** Whether models that were deployed before this process began are loaded by themselves. */
	redeploys: () => boolean;
	/** Called with each round, before anything else is read. */
	refresh: () => Promise<void>;
	logger: Logger;
}

/** Rounds between two of the janitor's. */
const janitorRounds = 30;

/** The janitor's second round comes early: what a killed sidecar had sent may arrive after the first one. */
const secondRound = 3;

/** Time to say goodbye, milliseconds; without one the others notice by themselves. */
const goodbyeMs = 2_000;

/** What a sidecar does by itself, all the time: it says that it lives, sees who else does, and does its part. */
export class Upkeep {
	readonly #options: UpkeepOptions;
	readonly #stopping = new AbortController();
	#address = "";
	#rounds = 0;
	#started = false;
	#failing = false;
	#running: Promise<void> | undefined;

	constructor(options: UpkeepOptions) {
		this.#options = options;
	}

	/**
	 * Joins the other sidecars, clears away what was left behind, loads the models that are planned for this one, and
	 * goes on by itself from then on.
	 *
	 * @param address where the others reach this sidecar
	 * @throws SidecarError when OpenSearch does not answer; it can be called again then
	 */
	async start(address: string): Promise<void> {
		const { registry, janitor } = this.#options;
		this.#address = address;
		if (!registry.joined) await registry.join(address);
		// Loading takes its time; the others must not take this one for dead meanwhile.
		this.#running ??= this.#goOn();
		await this.#options.refresh();
		await janitor.clean();
		await this.converge({ started: true });
		this.#started = true;
	}

	/** Ends the rounds, and says goodbye where OpenSearch answers. */
	async stop(): Promise<void> {
		const { registry, logger } = this.#options;
		this.#stopping.abort();
		await this.#running;
		const goodbye = registry.leave().catch((error: unknown) => {
			logger.warn({ err: error }, "left without a goodbye");
		});
		await Promise.race([goodbye, setTimeout(goodbyeMs)]);
	}

	/**
	 * Looks at every model that is planned, and does what is due here; waits for it.
	 *
	 * @param started the process has just begun: nothing that is stored was done by it
	 */
	async converge({ started = false } = {}): Promise<void> {
		const { models, loader, convergence, redeploys } = this.#options;
		const planned = await models.inStates([
			"DEPLOYING",
			"DEPLOYED",
			"PARTIALLY_DEPLOYED",
		]);
		const mine = planned.filter(({ source }) => convergence.isPlanned(source));
		const known = new Set(mine.map(({ id }) => id));
		for (const { id, source } of mine) {
			if (this.#stopping.signal.aborted) return;
			if (!convergence.isDue(id, source)) continue;
			if (started && !redeploys())
				await convergence.putAside(
					id,
					"plugins.ml_commons.model_auto_redeploy.enable is false",
				);
			else await convergence.restore(id);
		}
		for (const id of loader.ids())
			if (!known.has(id)) await convergence.run(id);
		for (const { id, source } of planned)
			await this.#noteGone(id, source.planning_worker_nodes ?? []);
	}

	async #noteGone(id: string, planned: readonly string[]): Promise<void> {
		const { registry, models } = this.#options;
		const gone = planned.filter((node) => registry.isGone(node));
		if (gone.length === 0) return;
		const left = gone.filter((node) => registry.hasLeft(node));
		await models.change(id, (current) =>
			withoutNodes(current, { now: Date.now(), gone, left }),
		);
	}

	async #goOn(): Promise<void> {
		const { intervalMs } = this.#options;
		const { signal } = this.#stopping;
		const slow = new Map<string, Promise<void>>();
		// What takes its time goes on beside the signs of life, each thing once at a time.
		const beside = (name: string, work: () => Promise<void>) => {
			if (slow.has(name)) return;
			slow.set(
				name,
				this.#attempt(work).finally(() => slow.delete(name)),
			);
		};
		while (!signal.aborted) {
			await setTimeout(intervalMs, undefined, { signal }).catch(
				() => undefined,
			);
			if (signal.aborted) break;
			await this.#attempt(() => this.#round());
			if (!this.#started) continue;
			beside("converge", () => this.converge());
			if (this.#isJanitorsRound()) beside("clean", () => this.#clean());
		}
		await Promise.all(slow.values());
	}

	/** A request that is never answered keeps no later one from being made. */
	async #round(): Promise<void> {
		const { intervalMs } = this.#options;
		const giveUp = new AbortController();
		const late = setTimeout(2 * intervalMs, undefined, {
			signal: giveUp.signal,
		}).then(
			() => {
				throw new SidecarError(
					"upstream_timeout",
					"OpenSearch did not answer in time: say that the sidecar lives",
				);
			},
			() => undefined,
		);
		const seen = this.#seeAndBeSeen();
		try {
			await Promise.race([seen, late]);
		} finally {
			giveUp.abort();
			// Given up, it may still fail.
			seen.catch(() => undefined);
		}
	}

	async #seeAndBeSeen(): Promise<void> {
		const { registry, refresh } = this.#options;
		if (!registry.joined) await registry.join(this.#address);
		await registry.beat();
		await registry.look();
		await refresh();
	}

	#isJanitorsRound(): boolean {
		this.#rounds++;
		return this.#rounds === secondRound || this.#rounds % janitorRounds === 0;
	}

	#clean(): Promise<void> {
		return this.#options.janitor.clean();
	}

	/** An outage is said once, and its end. */
	async #attempt(work: () => Promise<void>): Promise<void> {
		const { logger } = this.#options;
		try {
			await work();
			if (this.#failing) logger.info("OpenSearch answers again");
			this.#failing = false;
		} catch (error) {
			if (!this.#failing) logger.warn({ err: error }, "upkeep is interrupted");
			this.#failing = true;
		}
	}
}
