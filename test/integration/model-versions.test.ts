import { afterAll, describe, expect, it } from "vitest";
import { loadSettings, upstreamTls } from "../../sidecar/config.ts";
import { GroupNames } from "../../sidecar/services/group-names.ts";
import { ModelGroupService } from "../../sidecar/services/model-groups.ts";
import { ModelVersions } from "../../sidecar/services/model-versions.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { GroupNameStore } from "../../sidecar/store/group-names.ts";
import { HiddenIndices } from "../../sidecar/store/hidden-indices.ts";
import { ModelGroupStore } from "../../sidecar/store/model-groups.ts";
import { ModelStore } from "../../sidecar/store/models.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";

const settings = loadSettings({ OPENSEARCH_URL: opensearchUrl() });
const client = createClient(settings, {
	tls: upstreamTls(settings),
	credentials: "own",
});
const indices = new HiddenIndices(client);
const groups = new ModelGroupStore(client, indices);
const names = new GroupNames({
	names: new GroupNameStore(client, indices),
	groups,
	now: () => Date.now(),
});
const service = new ModelGroupService({
	groups,
	names,
	models: new ModelStore(client, indices),
});
const versions = new ModelVersions({ groups, names, service });

afterAll(() => client.close());

function claim(name: string, groupId?: string) {
	const modelId = uniqueName("model");
	return versions.claim({ modelId, name, groupId, description: undefined });
}

describe("the version of a model that is not registered after all", () => {
	it("leaves no group that was made for it, and its name to others", async () => {
		const name = uniqueName("failed");
		const first = await claim(name);
		expect(first).toMatchObject({ version: "1", created: true });
		await versions.release(first);
		expect(await groups.get(first.groupId)).toBeUndefined();
		const second = await claim(name);
		expect(second).toMatchObject({ version: "1", created: true });
		expect(second.groupId).not.toBe(first.groupId);
		await service.delete(second.groupId);
	});

	it("is the next one's again in a group that was there", async () => {
		const name = uniqueName("group");
		const groupId = await service.register({ name });
		const first = await claim(name, groupId);
		await versions.release(first);
		expect(await claim(name)).toEqual({
			groupId,
			version: "1",
			created: false,
		});
		await service.delete(groupId);
	});

	it("is left out where somebody has the one after it: no two models have the same", async () => {
		const name = uniqueName("made");
		const made = await claim(name);
		const after = await claim(name);
		expect(after).toEqual({
			groupId: made.groupId,
			version: "2",
			created: false,
		});
		await versions.release(made);
		expect(await claim(name)).toMatchObject({ version: "3" });
		await versions.release(after);
		expect(await claim(name)).toMatchObject({ version: "4" });
		await service.delete(made.groupId);
	});
});
