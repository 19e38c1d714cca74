"""Groups in a graph of persons who met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import networkx as nx

#: Communities above this size are split again, finer.
LARGE = 60


def communities(edges: Sequence[tuple[Any, ...]], seed: int, least: int) -> list[list[int]]:
    """Groups of `least` persons or more, each sorted, in the order of their first person; edges carry a weight."""
    graph = nx.Graph()
    graph.add_weighted_edges_from(edges)
    groups = nx.community.louvain_communities(graph, seed=seed) if edges else []
    split: list[set[int]] = []
    for group in groups:
        finer = nx.community.louvain_communities(graph.subgraph(sorted(group)), resolution=3, seed=seed)
        split.extend(finer if len(group) > LARGE else [group])
    return sorted(sorted(g) for g in split if len(g) >= least)


def connected(nodes: Iterable[int], pairs: Iterable[tuple[Any, ...]]) -> dict[int, int]:
    """For each node the least one that pairs join it to."""
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(pairs)
    return {node: min(part) for part in nx.connected_components(graph) for node in part}
