// TOML text to a tree of SyNode, by toml++. The only C++ of the core; no exception leaves it.
//
// toml++ checks its own state with assertions that malformed input can break ("[" at the end of the
// file). As plain asserts they would end the process, and with NDEBUG some become assumptions that
// the compiler builds on. Here they throw: broken input is an error with a place, in every build.
// It also sorts keys; the order of the file comes back through the places that it keeps.
#include <exception>

#include <string_view>

namespace {
struct SyTomlBroken : std::exception {};

// What a key may start with is asserted and then checked again with a better message; that message
// is the one to show.
constexpr void require(bool promise, std::string_view text) {
    if (!promise && text.find("is_bare_key_character") == text.npos)
        throw SyTomlBroken();
}
} // namespace

#undef NDEBUG
#define TOML_ASSERT(expression) require(static_cast<bool>(expression), #expression)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 64
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "template/toml_shim.h"

static_assert(TOML_MAX_NESTED_VALUES == SY_NODE_DEPTH_MAX);

namespace {

// Refusals of ours inside the walk.
struct Refusal : std::exception {
    toml::source_position place;
    const char *message;
    Refusal(toml::source_position place, const char *message) : place(place), message(message) {}
};

using Owned = std::unique_ptr<SyNode, decltype(&sy_node_free)>;

Owned convert(const toml::node &value, int depth);

char *copy_text(std::string_view text, toml::source_position place) {
    if (text.find('\0') != std::string_view::npos)
        throw Refusal(place, "a text holds the character U+0000; remove it");
    return g_strndup(text.data(), text.size());
}

void take(SyNode &parent, Owned child) { parent.item[parent.n++] = child.release(); }

void convert_table(const toml::table &table, int depth, SyNode &node) {
    using Member = std::pair<const toml::key *, const toml::node *>;
    std::vector<Member> members;
    members.reserve(table.size());
    for (auto &&[key, value] : table)
        members.push_back({&key, &value});
    std::sort(members.begin(), members.end(), [](const Member &a, const Member &b) {
        return a.first->source().begin < b.first->source().begin;
    });
    node.inline_table = table.is_inline();
    node.item = g_new0(SyNode *, members.size());
    for (const auto &[key, value] : members) {
        Owned child = convert(*value, depth + 1);
        const toml::source_position place = key->source().begin;
        child->key = copy_text(key->str(), place);
        child->line = static_cast<int>(place.line);
        child->column = static_cast<int>(place.column);
        take(node, std::move(child));
    }
}

void convert_array(const toml::array &array, int depth, SyNode &node) {
    node.item = g_new0(SyNode *, array.size());
    for (const toml::node &value : array)
        take(node, convert(value, depth + 1));
}

template <typename Value> char *spelling(const Value &value) {
    std::ostringstream stream;
    stream.imbue(std::locale::classic());
    stream << value;
    return g_strdup(stream.str().c_str());
}

Owned convert(const toml::node &value, int depth) {
    const toml::source_position place = value.source().begin;
    if (depth > SY_NODE_DEPTH_MAX)
        throw Refusal(place, "tables and lists are nested more than 64 deep");
    Owned owned(g_new0(SyNode, 1), sy_node_free);
    SyNode &node = *owned;
    node.line = static_cast<int>(place.line);
    node.column = static_cast<int>(place.column);
    switch (value.type()) {
    case toml::node_type::table:
        node.type = SY_NODE_TABLE;
        convert_table(*value.as_table(), depth, node);
        break;
    case toml::node_type::array:
        node.type = SY_NODE_ARRAY;
        convert_array(*value.as_array(), depth, node);
        break;
    case toml::node_type::string:
        node.type = SY_NODE_TEXT;
        node.text = copy_text(value.as_string()->get(), place);
        break;
    case toml::node_type::integer:
        node.type = SY_NODE_INTEGER;
        node.integer = value.as_integer()->get();
        break;
    case toml::node_type::floating_point:
        node.type = SY_NODE_NUMBER;
        node.number = value.as_floating_point()->get();
        break;
    case toml::node_type::boolean:
        node.type = SY_NODE_BOOL;
        node.boolean = value.as_boolean()->get();
        break;
    case toml::node_type::date:
        node.type = SY_NODE_TIME;
        node.text = spelling(value.as_date()->get());
        break;
    case toml::node_type::time:
        node.type = SY_NODE_TIME;
        node.text = spelling(value.as_time()->get());
        break;
    case toml::node_type::date_time:
        node.type = SY_NODE_TIME;
        node.text = spelling(value.as_date_time()->get());
        break;
    case toml::node_type::none:
        throw SyTomlBroken();
    }
    return owned;
}

SyNode *fail(SyTomlFault *fault, toml::source_position place, const char *message) {
    fault->line = std::max(static_cast<int>(place.line), 1);
    fault->column = std::max(static_cast<int>(place.column), 1);
    fault->message = g_strdup(message);
    return nullptr;
}

toml::source_position end_of(std::string_view text) {
    const auto lines = std::count(text.begin(), text.end(), '\n');
    const auto last = text.rfind('\n');
    const std::string_view line = last == text.npos ? text : text.substr(last + 1);
    return {static_cast<toml::source_index>(lines + 1),
            static_cast<toml::source_index>(g_utf8_strlen(line.data(), line.size()) + 1)};
}

} // namespace

extern "C" SyNode *sy_toml_parse(const char *text, gsize length, SyTomlFault *fault) {
    const std::string_view view(text, length);
    try {
        const toml::table root = toml::parse(view);
        return convert(root, 0).release();
    } catch (const toml::parse_error &error) {
        return fail(fault, error.source().begin, error.what());
    } catch (const Refusal &refusal) {
        return fail(fault, refusal.place, refusal.message);
    } catch (const SyTomlBroken &) {
        return fail(fault, end_of(view), "the text ends in the middle of a value or header");
    } catch (const std::exception &error) {
        return fail(fault, {}, error.what());
    } catch (...) {
        return fail(fault, {}, "the TOML parser failed for an unknown reason");
    }
}
