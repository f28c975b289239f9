// The base of all carriers: remembers which members were set, and writes
// these.  So a member that was not sent, one that was sent as null and one
// that was sent as its default differ.

extern alias Json;

using System;
using System.Collections;
using System.Globalization;
using System.IO;
using System.Runtime.Serialization;

using Json::Newtonsoft.Json;

namespace Oracle {

public abstract class Bound {
    // Whether to leave out what no operation can tell from its absence: null,
    // and members that are read-only.

    public static bool Brief;

    ulong set;

    protected void Set(int bit)
    {
        set |= 1UL << bit;
    }

    protected abstract void Members(JsonWriter w);

    protected void Write(JsonWriter w, int bit, string name, object value)
    {
        if ((set & 1UL << bit) != 0
            && !(Brief && (value == null || name == "TableRight"
                           || name == "FieldProperties")))
        {
            w.WritePropertyName(name);
            Write(w, value);
        }
    }

    static void Write(JsonWriter w, object value)
    {
        if (value is Bound) {
            w.WriteStartObject();
            ((Bound) value).Members(w);
            w.WriteEndObject();

        } else if (value is IDictionary) {
            w.WriteStartObject();
            foreach (DictionaryEntry entry in (IDictionary) value) {
                w.WritePropertyName((string) entry.Key);
                Write(w, entry.Value);
            }
            w.WriteEndObject();

        } else if (value is Array) {
            w.WriteStartArray();
            foreach (var item in (Array) value) {
                Write(w, item);
            }
            w.WriteEndArray();

        } else if (value is Enum) {
            w.WriteValue(value.ToString());

        } else {
            w.WriteValue(value);
        }
    }

    // ASCII only: the text goes into a header, too.

    public static string Text(object value)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var w = new JsonTextWriter(text)) {
            w.StringEscapeHandling = StringEscapeHandling.EscapeNonAscii;
            Write(w, value);
        }
        return text.ToString();
    }
}

}
