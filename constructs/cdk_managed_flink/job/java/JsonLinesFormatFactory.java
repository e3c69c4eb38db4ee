package managedflink.formats;

import java.io.IOException;
import java.util.Set;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.connector.file.table.factories.BulkWriterFormatFactory;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.formats.json.JsonFormatFactory;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.types.DataType;

/**
 * Format 'json-lines' of the filesystem connector: Flink's own JSON, in files that end with every
 * checkpoint.
 *
 * <p>Files of 'json' stay open over checkpoints, so a snapshot refers to files that are half
 * written. Once a later version has finished them, that snapshot can't be restored any more. The
 * connector ends files of a bulk format with each checkpoint, so this is one.
 */
public final class JsonLinesFormatFactory implements BulkWriterFormatFactory {
    private final JsonFormatFactory json = new JsonFormatFactory();

    @Override
    public String factoryIdentifier() {
        return "json-lines";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return json.requiredOptions();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return json.optionalOptions();
    }

    @Override
    public EncodingFormat<BulkWriter.Factory<RowData>> createEncodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        EncodingFormat<SerializationSchema<RowData>> format =
                json.createEncodingFormat(context, options);
        return new EncodingFormat<BulkWriter.Factory<RowData>>() {
            @Override
            public BulkWriter.Factory<RowData> createRuntimeEncoder(
                    DynamicTableSink.Context sink, DataType type) {
                SerializationSchema<RowData> schema = format.createRuntimeEncoder(sink, type);
                return stream -> new Lines(schema, stream);
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return format.getChangelogMode();
            }
        };
    }

    private static final class Lines implements BulkWriter<RowData> {
        private final SerializationSchema<RowData> schema;
        private final FSDataOutputStream stream;

        Lines(SerializationSchema<RowData> schema, FSDataOutputStream stream) throws IOException {
            this.schema = schema;
            this.stream = stream;
            try {
                schema.open(null); // the JSON schema makes its mapper here and asks for no context
            } catch (Exception error) {
                throw new IOException(error);
            }
        }

        @Override
        public void addElement(RowData row) throws IOException {
            stream.write(schema.serialize(row));
            stream.write('\n');
        }

        @Override
        public void flush() throws IOException {
            stream.flush();
        }

        @Override
        public void finish() throws IOException {
            stream.flush(); // the connector closes the stream
        }
    }
}
