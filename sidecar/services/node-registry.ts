import { randomBytes } from "node:crypto";
import type { StoredNode } from "../../schemas/node.ts";
import { SidecarError } from "../errors.ts";
import type { Peer, PeerClient } from "../peers/peer-client.ts";
import type { NodeStore } from "../store/nodes.ts";

export interface NodeRegistryOptions {
	store: NodeStore;
	peers: PeerClient;
	/** The ids that this sidecar may have, best first: one that another sidecar has at this moment is passed over. */
	ids: () => AsyncIterable<string> | Iterable<string>;
	version: string;
	/** A sidecar whose sign of life has not changed for so long has disappeared, milliseconds. */
	goneAfterMs: number;
	/** One that has disappeared for so long is forgotten, milliseconds. */
	forgetAfterMs: number;
	/** A clock that never jumps, milliseconds. */
	now: () => number;
}

/** What was last seen of a node, and for how long it has given no new sign of life, milliseconds. */
interface Sighting {
	node: StoredNode;
	silentMs: number;
}

/** Which sidecars there are, and which of them are alive: each counts up a number in a document of its own. */
export class NodeRegistry {
	readonly #options: NodeRegistryOptions;
	readonly #secret = randomBytes(24).toString("base64url");
	readonly #sightings = new Map<string, Sighting>();
	#self: { id: string; node: StoredNode } | undefined;
	#claimed: string | undefined;
	#watchedSince = Number.POSITIVE_INFINITY;
	#lookedAt = Number.NEGATIVE_INFINITY;

	constructor(options: NodeRegistryOptions) {
		this.#options = options;
	}

	/** This sidecar's id. @throws SidecarError upstream_unavailable before {@link join} has ended */
	get id(): string {
		return this.#joined().id;
	}

	/**
	 * The id that this sidecar tells who asks whether it is alive: its own, or the one that it is about to take. Its
	 * document is there before it knows so itself, and another one must not take it for that of a dead sidecar.
	 */
	get claimed(): string {
		return this.#claimed ?? this.id;
	}

	/** What another sidecar has to show to this one. */
	get secret(): string {
		return this.#secret;
	}

	/** Whether {@link join} has ended. */
	get joined(): boolean {
		return this.#self !== undefined;
	}

	/**
	 * Makes this sidecar known to the others, under the first of its ids that no running one has.
	 *
	 * @param address where the others reach it
	 */
	async join(address: string): Promise<void> {
		const { ids, version, now } = this.#options;
		const time = Date.now();
		const node: StoredNode = {
			address,
			secret: this.#secret,
			version,
			started_time: time,
			heartbeat: 0,
			heartbeat_time: time,
		};
		for await (const id of ids()) {
			this.#claimed = id;
			if (!(await this.#claim(id, node))) continue;
			this.#self = { id, node };
			this.#watchedSince = now();
			await this.look();
			return;
		}
		throw new SidecarError("conflict", "every node id is in use");
	}

	/** Gives a sign of life. */
	async beat(): Promise<void> {
		const { id, node } = this.#joined();
		node.heartbeat++;
		node.heartbeat_time = Date.now();
		const stored = await this.#options.store.change(id, (current) =>
			current.secret === this.#secret ? node : undefined,
		);
		if (stored?.secret === this.#secret) return;
		// While this process did not run, the others forgot it, or one took its id.
		this.#self = undefined;
		await this.join(node.address);
	}

	/** Reads the others' signs of life; and forgets those that have disappeared long ago. */
	async look(): Promise<void> {
		const { store, now, goneAfterMs, forgetAfterMs } = this.#options;
		const found = await store.all();
		const time = now();
		// Silence while nobody could be heard, or this process did not run, is nobody's silence.
		const elapsed = Math.min(time - this.#lookedAt, goneAfterMs / 3);
		this.#lookedAt = time;
		const present = new Set(found.map(({ id }) => id));
		for (const id of this.#sightings.keys())
			if (!present.has(id)) this.#sightings.delete(id);
		await Promise.all(
			found.map(async ({ id, source: node }) => {
				const before = this.#sightings.get(id);
				if (!before) return this.#meet(id, node);
				const silentMs = isSame(before.node, node)
					? before.silentMs + elapsed
					: 0;
				this.#sightings.set(id, { node, silentMs });
				if (silentMs > goneAfterMs) await this.#call(id, node);
				if (silentMs > goneAfterMs + forgetAfterMs) await store.delete(id);
			}),
		);
	}

	/** A document seen for the first time says nothing yet: its sidecar may have died long ago, so it is asked. */
	async #meet(id: string, node: StoredNode): Promise<void> {
		const { goneAfterMs } = this.#options;
		const answers =
			id === this.#self?.id || (await this.#answers({ id, ...node }));
		const silentMs = answers ? 0 : goneAfterMs + 1;
		if (!this.#sightings.has(id)) this.#sightings.set(id, { node, silentMs });
	}

	/** One that answers is alive, whatever keeps its signs of life from being seen. */
	async #call(id: string, node: StoredNode): Promise<void> {
		if (await this.#answers({ id, ...node }))
			this.#sightings.set(id, { node, silentMs: 0 });
	}

	/** Says goodbye; what is still under way ends under the same id. */
	async leave(): Promise<void> {
		if (this.#self) await this.#options.store.delete(this.#self.id);
	}

	/** The ids of the sidecars that are alive, this one first. */
	alive(): string[] {
		return [this.id, ...this.peers().map(({ id }) => id)];
	}

	/** The other sidecars that are alive. */
	peers(): Peer[] {
		const { id } = this.#joined();
		return [...this.#sightings]
			.filter(([other, sighting]) => other !== id && this.#isFresh(sighting))
			.map(([other, { node }]) => ({ id: other, ...node }));
	}

	isAlive(id: string): boolean {
		if (id === this.#self?.id) return true;
		const sighting = this.#sightings.get(id);
		return sighting !== undefined && this.#isFresh(sighting);
	}

	/** Whether a sidecar has disappeared; one that was never seen has after a while. */
	isGone(id: string): boolean {
		const { now, goneAfterMs } = this.#options;
		return !this.isAlive(id) && now() - this.#watchedSince > goneAfterMs;
	}

	/** Whether a sidecar has left for good: it said goodbye, or was forgotten. */
	hasLeft(id: string): boolean {
		return this.isGone(id) && !this.#sightings.has(id);
	}

	#isFresh({ silentMs }: Sighting): boolean {
		return silentMs <= this.#options.goneAfterMs;
	}

	#joined() {
		if (this.#self) return this.#self;
		throw new SidecarError(
			"upstream_unavailable",
			"the sidecar is waiting for OpenSearch",
		);
	}

	/** Takes an id that is free, or whose owner does not answer any more. */
	async #claim(id: string, node: StoredNode): Promise<boolean> {
		const { store } = this.#options;
		const owner = await store.get(id);
		// Its own document is there where the answer to an attempt before was lost.
		const isOthers = owner && owner.secret !== this.#secret;
		if (isOthers && (await this.#answers({ id, ...owner }))) return false;
		if (!owner)
			try {
				await store.create(id, node);
				return true;
			} catch (error) {
				if (error instanceof SidecarError && error.code === "conflict")
					return false;
				throw error;
			}
		const written = await store.change(id, (current) =>
			current.secret === owner.secret ? node : undefined,
		);
		return written?.secret === node.secret;
	}

	async #answers(owner: Peer): Promise<boolean> {
		try {
			const answer = await this.#options.peers.call(owner, {
				method: "GET",
				path: "/node",
				timeoutMs: 2_000,
			});
			return (
				answer.status === 200 && JSON.parse(answer.text).node_id === owner.id
			);
		} catch {
			// Not reached, too slow, or something else that listens there now.
			return false;
		}
	}
}

function isSame(before: StoredNode, node: StoredNode): boolean {
	return (
		before.heartbeat === node.heartbeat &&
		before.started_time === node.started_time
	);
}
